# Completes the words of hep, which is asked for them. Bash breaks words at `:`, `=` and `@` too, which selectors and
# options hold: the pieces are joined here, and of each answer that part is left out which already stands there.
_hep_complete() {
    local rest=${COMP_LINE:0:COMP_POINT} bare piece word kept i
    local -a words=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        bare=${rest#"${rest%%[![:space:]]*}"}
        piece=${COMP_WORDS[i]}
        # The last ends where the cursor stands.
        if ((i == COMP_CWORD)); then piece=$bare; fi
        if ((${#words[@]} == 0)) || [[ $rest == [[:space:]]* ]]; then
            words+=("$piece")
        else
            words[${#words[@]} - 1]+=$piece
        fi
        rest=${bare#"$piece"}
    done
    word=${words[${#words[@]} - 1]}
    kept=${word%"$2"}
    local IFS=$'\013'
    COMPREPLY=($(_CLAP_IFS="$IFS" _CLAP_COMPLETE_INDEX=$((${#words[@]} - 1)) \
        HEP_COMPLETE=bash hep -- "${words[@]}" 2>/dev/null))
    COMPREPLY=("${COMPREPLY[@]#"$kept"}")
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} != *[=/:] ]]; then compopt +o nospace; fi
}
complete -o nospace -o bashdefault -o nosort -F _hep_complete hep
