function words = kmu_options(options)
%KMU_OPTIONS  Names and values as options of the command line.
%
%   'score_threshold', 0.5 becomes --score-threshold 0.5; arrays become
%   several values, cells of texts too, and true a flag without a value.

if mod(numel(options), 2)
    error('kmu:usage', 'options are pairs of a name and a value');
end
words = {};
for k = 1:2:numel(options)
    value = options{k + 1};
    if islogical(value) && isscalar(value)
        if ~value
            continue
        end
        value = {};
    elseif ischar(value)
        value = {value};
    elseif isnumeric(value)
        value = arrayfun(@(number) sprintf('%.10g', number), value(:)', 'UniformOutput', false);
    end
    name = strrep(options{k}, '_', '-');
    words = [words, {sprintf('--%s', name)}, reshape(value, 1, [])]; %#ok<AGROW>
end
end
