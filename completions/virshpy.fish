# Completion for fish: copy to ~/.config/fish/completions/virshpy.fish.
# What may come next is virshpy's own answer (`virshpy complete`).

function __virshpy_offers
    set -l words (commandline -opc)
    set -l before
    set -l i 2
    while test $i -le (count $words)
        switch $words[$i]
            case -c --connect
                set -a before $words[$i] $words[(math $i + 1)]
                set i (math $i + 2)
            case -d -e -k -K -l -o --debug --escape '--keepalive-*' --log --output
                set i (math $i + 2)
            case -r --readonly '--connect=*'
                set -a before $words[$i]
                set i (math $i + 1)
            case '-*'
                set i (math $i + 1)
            case '*'
                break
        end
    end
    set -l rest
    if test $i -le (count $words)
        set rest $words[$i..-1]
    end
    $words[1] -q -o plain $before complete -- $rest (commandline -ct) 2>/dev/null
end

complete -c virshpy -f -a '(__virshpy_offers)'
