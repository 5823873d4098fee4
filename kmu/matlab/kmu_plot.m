function handle = kmu_plot(units)
%KMU_PLOT  Show where the units are, their twitch trains and their firings.
%
%   KMU_PLOT(UNITS) draws the struct of KMU_IDENTIFY or KMU_LOAD into the
%   current figure: outlines of the territories in mm on the left, trains
%   (each to its own scale) with firings on the right.
%
%   H = KMU_PLOT(UNITS) returns the figure's handle.
%
%   Figures for a paper are drawn by "kmu figure", see KMU_EXPORT.
%
%   See also KMU_IDENTIFY, KMU_LOAD, KMU_EXPORT.

% Okabe and Ito (2008): told apart with any colour vision.
colours = [0 114 178; 213 94 0; 0 158 115; 204 121 167; 230 159 0; 86 180 233] / 255;
handle = gcf();
clf(handle);
[depth, width, ~] = size(units.territory);
count = numel(units.score);
z = ((1:depth) - 0.5) * units.spacing(1);
x = ((1:width) - 0.5) * units.spacing(2);

where = subplot(1, 2, 1);
hold(where, 'on');
for k = 1:count
    weights = double(units.territory(:, :, k));
    colour = colours(mod(k - 1, size(colours, 1)) + 1, :);
    inside = weights >= 0.5;
    if ~any(inside(:)) || all(inside(:))
        continue
    end
    contour(where, x, z, weights, [0.5 0.5], 'LineColor', colour, 'LineWidth', 1.2);
    [rows, columns] = find(inside);
    text(mean(x(columns)), mean(z(rows)), sprintf('%d', units.ids(k)), 'Parent', where, ...
        'Color', colour, 'HorizontalAlignment', 'center');
end
set(where, 'YDir', 'reverse', 'DataAspectRatio', [1 1 1], ...
    'XLim', [0 width * units.spacing(2)], 'YLim', [0 depth * units.spacing(1)]);
xlabel(where, 'lateral (mm)');
ylabel(where, 'depth (mm)');
title(where, sprintf('%d motor units', count));

when = subplot(1, 2, 2);
hold(when, 'on');
time = (0:size(units.twitch_train, 1) - 1) / units.frame_rate;
for k = 1:count
    colour = colours(mod(k - 1, size(colours, 1)) + 1, :);
    train = double(units.twitch_train(:, k));
    plot(when, time, k - 0.45 * train / max([abs(train); eps]), 'Color', colour);
    times = units.firings{k}(:)';
    plot(when, times, (k + 0.4) * ones(size(times)), '.', 'Color', colour, 'MarkerSize', 6);
end
set(when, 'YDir', 'reverse', 'YLim', [0 count + 1], 'YTick', 1:count, ...
    'YTickLabel', arrayfun(@(id) sprintf('%d', id), units.ids(:)', 'UniformOutput', false));
xlabel(when, 'time (s)');
ylabel(when, 'motor unit');
end
