function kmu_export(units, stem, formats)
%KMU_EXPORT  Write units in the formats of other programs.
%
%   KMU_EXPORT(UNITS, STEM, FORMATS) writes the struct of KMU_IDENTIFY or
%   KMU_LOAD, also one that was changed in MATLAB, to files named STEM and
%   the ending of each format. FORMATS is a name or a cell of names:
%       'hdf5'      STEM.h5, a result for all verbs of kmu
%       'matlab'    STEM.mat
%       'csv'       STEM.csv and STEM.firings.csv
%       'openhdemg' STEM.json
%       'nwb'       STEM.nwb
%       'bids'      STEM_events.tsv
%
%   KMU_EXPORT(FILE, STEM, FORMATS) does so for a result file (.h5 or .mat).
%
%   Figures for a paper, from a result file:
%       kmu_export(units, 'trial', 'hdf5');
%       system('kmu figure trial.h5 --kind overview raster --format pdf');
%
%   See also KMU_IDENTIFY, KMU_LOAD, KMU_PLOT.

if ischar(formats)
    formats = {formats};
end
file = units;
if isstruct(units)
    folder = tempname();
    mkdir(folder);
    cleaner = onCleanup(@() kmu_remove(folder));
    file = fullfile(folder, 'units.mat');
    save(file, '-v6', '-struct', 'units');
end
kmu_run([{'export', file, '-o', stem, '--quiet', '--to'}, formats(:)']);
end
