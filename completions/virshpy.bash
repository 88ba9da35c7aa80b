# Completion for bash: `. completions/virshpy.bash`, or copy it to /usr/share/bash-completion/completions/virshpy.
# What may come next is virshpy's own answer (`virshpy complete`); global options are passed on to it.

_virshpy() {
    local cur words cword before=() i=1
    if declare -F _get_comp_words_by_ref >/dev/null; then
        _get_comp_words_by_ref -n := cur words cword
    else
        cur=${COMP_WORDS[COMP_CWORD]} words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
    fi
    while ((i < cword)); do
        case ${words[i]} in
            -c | -d | -e | -k | -K | -l | -o | --connect | --debug | --escape | --keepalive-* | --log | --output)
                case ${words[i]} in -c | --connect) before+=("${words[i]}" "${words[i + 1]}") ;; esac
                ((i += 2)) ;;
            -r | --readonly | --connect=* | -c*) before+=("${words[i]}"); ((i++)) ;;
            -*) ((i++)) ;;
            *) break ;;
        esac
    done
    if ((i > cword)); then
        return
    fi
    if ((i == cword)) && [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "--connect --debug --escape --help --log --output --quiet --readonly --timing --version" -- "$cur"))
        return
    fi
    local word meaning
    COMPREPLY=()
    while IFS=$'\t' read -r word meaning; do
        COMPREPLY+=("$(printf %q "$word")")
    done < <("${words[0]}" -q -o plain "${before[@]}" complete -- "${words[@]:i:cword-i}" "$cur" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == */ ]]; then
        compopt -o nospace 2>/dev/null
    fi
    if declare -F __ltrim_colon_completions >/dev/null; then
        __ltrim_colon_completions "$cur"
    fi
}
complete -F _virshpy virshpy
