# Completion for fish: copy to ~/.config/fish/completions/virshpy.fish.
# What may come next is virshpy's own answer (`virshpy complete --described`), a word and what it is on each line.

function __virshpy_offers
    set -l before (commandline -opc)
    set -l program $before[1]
    set -e before[1]
    $program -q -o plain complete --described -- $before (string unescape -- (commandline -ct); or commandline -ct) 2>/dev/null </dev/null
end

complete -c virshpy -f -a '(__virshpy_offers)'
