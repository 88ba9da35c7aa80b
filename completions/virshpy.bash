# shellcheck shell=bash
# Completion for bash: `. completions/virshpy.bash`, or copy it to /usr/share/bash-completion/completions/virshpy.
# What may come next is virshpy's own answer; it is given the line as it is typed and quotes what it offers.

_virshpy() {
    local IFS=$'\n'
    # shellcheck disable=SC2207 # mapfile would be emptied by the older bash of other systems
    COMPREPLY=($("${COMP_WORDS[0]}" -q -o plain complete --bash "${COMP_LINE:0:COMP_POINT}" 2>/dev/null </dev/null))
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == */ ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -F _virshpy virshpy
