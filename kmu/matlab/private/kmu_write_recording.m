function kmu_write_recording(file, velocity, rate, spacing)
%KMU_WRITE_RECORDING  A recording as a MATLAB file that says all of itself.

if ~isnumeric(velocity) || ndims(velocity) ~= 3
    error('kmu:usage', 'velocity must be an array of numbers: depth x lateral x time, in mm/s');
end
if ~isscalar(rate) || numel(spacing) ~= 2
    error('kmu:usage', 'give the frame rate in Hz as one number, the pixel size in mm as [dz dx]');
end
said = struct('frame_rate', double(rate), 'dz', double(spacing(1)), 'dx', double(spacing(2)), ...
    'axes', 'zxt', 'velocity', single(velocity)); %#ok<NASGU>
% Version 6 is not compressed: quick, and read in pieces; its arrays end at 2 GB.
form = '-v6';
if numel(velocity) * 4 > 2^31 - 2^20
    if exist('OCTAVE_VERSION', 'builtin')
        error('kmu:usage', 'Octave writes no array of over 2 GB: give kmu_identify a file instead');
    end
    form = '-v7.3';
end
save(file, form, '-struct', 'said');
end
