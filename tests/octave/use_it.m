% From an array in the workspace to units in it, as one would use kmu in MATLAB. Called by
% tests/test_matlab.py with the folder of functions, a model and a folder to work in.
function use_it(functions, model, folder)
    addpath(functions);
    cd(folder);

    % A disc of 3 mm that swings at 10 Hz in noise: 24 x 40 pixels, 1 s.
    randn('seed', 1);
    rate = 250;
    spacing = [1.0 0.5];
    time = (0:rate - 1) / rate;
    [x, z] = meshgrid((0.5:40) * spacing(2), (0.5:24) * spacing(1));
    place = exp(-((z - 12).^2 + (x - 8).^2) / 9);
    course = sin(2 * pi * 10 * time);
    velocity = single(place .* reshape(course, 1, 1, []) + 0.02 * randn(24, 40, rate));

    units = kmu_identify(velocity, rate, spacing, 'model', model, 'score_threshold', 0.5, ...
        'output', 'kept.h5');
    assert(size(units.territory)(1:2), [24 40]);
    assert(size(units.twitch_train), [rate numel(units.score)]);
    assert(units.frame_rate, rate);
    assert(units.spacing, spacing);
    % The best unit is where and how it was put in.
    weights = double(units.territory(:, :, 1));
    [~, at] = max(weights(:));
    [row, column] = ind2sub(size(weights), at);
    assert(abs([row column] .* spacing - [12 8]) <= 1);
    assert(abs(corr(double(units.twitch_train(:, 1)), course')) > 0.98);
    assert(numel(units.firings{1}) >= 8);
    assert(isfield(units.measures, 'area'));
    assert(exist('kept.html', 'file') > 0);

    % Changed in MATLAB, exported, and read again.
    units.firings{1} = units.firings{1}(2:end);
    kmu_export(units, 'changed', {'hdf5', 'csv'});
    changed = kmu_load('changed.h5');
    assert(changed.firings{1}, units.firings{1}, 1e-9);
    assert(changed.measures.area, units.measures.area, 1e-9);
    assert(exist('changed.firings.csv', 'file') > 0);

    graphics_toolkit('gnuplot');
    figure('visible', 'off');
    handle = kmu_plot(units);
    panels = findobj(handle, 'type', 'axes');
    assert(numel(panels), 2);
    assert(get(get(panels(end), 'title'), 'string'), sprintf('%d motor units', numel(units.score)));

    % The sentence of kmu is the error of MATLAB.
    failing(@() kmu_identify(velocity, 1, spacing), 'frame rate 1 Hz is outside');
    failing(@() kmu_identify(velocity(:, :, 1), rate, spacing), 'depth x lateral x time');
    failing(@() kmu_load('not there.h5'), 'does not exist');
    setenv('KMU_COMMAND', 'no-such-command');
    failing(@() kmu_load('kept.h5'), 'install kmu with pip');
    for name = {'kmu_identify', 'kmu_load', 'kmu_plot', 'kmu_export'}
        text = get_help_text(name{1});
        assert(~isempty(strfind(lower(text), [name{1} '('])) && ~isempty(strfind(text, 'See also')));
    end
    disp('all of it works');
end

function failing(call, said)
    try
        call();
    catch problem
        assert(~isempty(strfind(problem.message, said)), problem.message);
        return
    end
    error('this should have failed: %s', said);
end
