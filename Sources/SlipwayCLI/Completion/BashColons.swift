/// Makes bash complete words with ':' and '@' in them, such as `digits:3`.
///
/// bash ends words at the characters of `COMP_WORDBREAKS`, to which both belong, so that the generated function would
/// see three words. A function around it glues them together, and takes off what bash keeps in place.
enum BashColons {
    /// The generated script with the function around it registered in its stead.
    static func mended(_ script: String) -> String {
        var lines = script.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let index = lines.lastIndex(where: { $0.hasPrefix("complete ") }) else { return script }
        let words = lines[index].split(separator: " ").map(String.init)
        guard let flag = words.firstIndex(of: "-F"), words.indices.contains(flag + 1) else { return script }
        let inner = words[flag + 1]
        lines[index] = around(inner) + "\n" + lines[index].replacing("-F \(inner)", with: "-F \(inner)_glued")
        return lines.joined(separator: "\n")
    }

    private static func around(_ inner: String) -> String {
        #"""
        # Glues words that bash has split at ':' and '@', calls the function above, and takes off what bash keeps.
        \#(inner)_glued() {
            local -a glued=()
            local line="${COMP_LINE}" word raw="${2}" blank
            local -i index place=0
            for index in "${!COMP_WORDS[@]}"; do
                word="${COMP_WORDS[index]}"
                blank="${line%%[![:space:]]*}"
                if ((index > 1)) && [[ -z "${blank}" && ("${word}" == [:@]* || "${glued[-1]}" == *[:@]) ]]; then
                    glued[-1]+="${word}"
                else
                    glued+=("${word}")
                fi
                line="${line#"${blank}"}"
                line="${line#"${word}"}"
                if ((index == COMP_CWORD)); then place=$((${#glued[@]} - 1)); fi
            done
            local -a COMP_WORDS=("${glued[@]}")
            local -i COMP_CWORD=place
            local current="${COMP_WORDS[COMP_CWORD]}"
            if [[ "${raw}" == : ]]; then raw=''; fi
            local -r kept="${current%"${raw}"}"
            \#(inner) "${1}" "${current}" "${COMP_WORDS[COMP_CWORD - 1]}"
            case "${COMPREPLY[*]}" in *[:@]*) compopt +o filenames 2>/dev/null ;; esac
            if [[ -n "${kept}" ]]; then COMPREPLY=("${COMPREPLY[@]#"${kept}"}"); fi
        }

        """#
    }
}
