function units = kmu_load(file)
%KMU_LOAD  Read a result of kmu.
%
%   UNITS = KMU_LOAD(FILE) reads a result of "kmu identify" or "kmu curate"
%   (.h5), or one that was exported for MATLAB (.mat), into the struct that
%   KMU_IDENTIFY describes.
%
%   See also KMU_IDENTIFY, KMU_PLOT, KMU_EXPORT.

if ~exist(file, 'file')
    error('kmu:missing', '%s does not exist', file);
end
[~, ~, ending] = fileparts(file);
if strcmpi(ending, '.mat')
    units = load(file);
else
    folder = tempname();
    mkdir(folder);
    cleaner = onCleanup(@() kmu_remove(folder));
    stem = fullfile(folder, 'units');
    kmu_run({'export', file, '--to', 'matlab', '-o', stem, '--quiet'});
    units = load([stem '.mat']);
end
if ~isfield(units, 'territory') || ~isfield(units, 'twitch_train')
    error('kmu:missing', '%s holds no motor units of kmu', file);
end
end
