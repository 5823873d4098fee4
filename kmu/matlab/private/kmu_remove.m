function kmu_remove(folder)
%KMU_REMOVE  Remove a temporary folder with all that is in it.

if exist('OCTAVE_VERSION', 'builtin')
    confirm_recursive_rmdir(false, 'local');
end
rmdir(folder, 's');
end
