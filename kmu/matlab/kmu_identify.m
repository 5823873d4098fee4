function units = kmu_identify(recording, varargin)
%KMU_IDENTIFY  Find the motor units of an ultrafast-ultrasound recording.
%
%   UNITS = KMU_IDENTIFY(VELOCITY, RATE, SPACING) takes tissue velocity in
%   mm/s (depth x lateral x time), the frame rate in Hz, and the size of a
%   pixel in mm, [DZ DX].
%
%   UNITS = KMU_IDENTIFY(FILE) takes a file or folder that kmu reads. What
%   the file does not say is given by name, as in
%       units = kmu_identify('trial.mat', 'axes', 'zxt', 'frame_rate', 500);
%
%   UNITS = KMU_IDENTIFY(..., NAME, VALUE, ...) passes options of the
%   command "kmu identify", such as
%       'output'            result file to keep (.h5), with figure and report
%       'score_threshold'   keep units of at least this score, 0 to 1
%       'min_quality'       drop units of a lower overall quality, 0 to 1
%       'band'              [LOW HIGH], zero-phase band-pass in Hz
%       'model'             name or folder of a model
%   All of them are listed by "kmu identify --help".
%
%   UNITS is a struct:
%       territory      depth x lateral x unit, 0 to 1
%       twitch_train   time x unit, mm/s
%       firings        1 x unit cell; firings{k} are times in s
%       firing_frames  the same as frames, the first frame is 1
%       score          1 x unit, highest first
%       ids            1 x unit, what each unit is called
%       measures       struct of 1 x unit arrays: area, discharge_rate, ...
%       frame_rate, spacing, provenance
%
%   See also KMU_LOAD, KMU_PLOT, KMU_EXPORT.

folder = tempname();
mkdir(folder);
cleaner = onCleanup(@() kmu_remove(folder));
if ischar(recording)
    file = recording;
    options = varargin;
else
    if numel(varargin) < 2
        error('kmu:usage', 'give kmu_identify the velocity, the frame rate (Hz) and [dz dx] (mm)');
    end
    file = fullfile(folder, 'recording.mat');
    kmu_write_recording(file, recording, varargin{1}, varargin{2});
    options = varargin(3:end);
end
[output, options] = kmu_take(options, 'output', fullfile(folder, 'result.h5'));
kmu_run([{'identify', file, '-o', output, '--quiet'}, kmu_options(options)]);
units = kmu_load(output);
end
