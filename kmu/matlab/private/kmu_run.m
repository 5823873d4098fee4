function kmu_run(words)
%KMU_RUN  Call the command kmu; its sentence becomes an error if it fails.
%
%   The environment variable KMU_COMMAND says how to call it where "kmu" is
%   not on the path, such as '"C:\envs\kmu\python.exe" -m kmu'.

command = getenv('KMU_COMMAND');
if isempty(command)
    command = 'kmu';
end
line = command;
for k = 1:numel(words)
    line = [line ' ' quoted(words{k})]; %#ok<AGROW>
end
if isunix() && ~exist('OCTAVE_VERSION', 'builtin')
    % MATLAB's own libraries are no good for Python.
    line = ['LD_LIBRARY_PATH= ' line];
end
[status, said] = system([line ' 2>&1']);
if status == 127 || status == 9009
    error('kmu:missing', ['the command "%s" was not found: install kmu with pip, or say how to ' ...
        'call it with setenv(''KMU_COMMAND'', ''/path/to/python -m kmu'')'], command);
elseif status ~= 0
    error('kmu:failed', '%s', strtrim(said));
end
end

function text = quoted(text)
if ispc()
    text = ['"' text '"'];
else
    text = ['''' strrep(text, '''', '''\''''') ''''];
end
end
