# Completion of postern for fish: put this file into ~/.config/fish/completions.
function __postern_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l lines (postern complete -- $before[2..-1] "$current" 2>/dev/null)
    switch "$lines[1]"
        case files
            __fish_complete_path "$current"
        case directories
            __fish_complete_directories "$current" ''
        case '*'
            printf '%s\n' $lines[2..-1]
    end
end
complete -c postern -f -a '(__postern_complete)'
complete -c posternctl -f -a '(__postern_complete)'
