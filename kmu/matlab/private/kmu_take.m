function [value, options] = kmu_take(options, name, value)
%KMU_TAKE  One option's value, and the options without it.

at = find(strcmp(options(1:2:end), name), 1);
if ~isempty(at)
    value = options{2 * at};
    options(2 * at - 1:2 * at) = [];
end
end
