#compdef postern posternctl
# Completion of postern for zsh: put this file as _postern into a directory of $fpath, or source it behind compinit.
_postern() {
  local -a lines candidates
  local line word
  lines=("${(@f)$(postern complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
  case $lines[1] in
    files) _files ;;
    directories) _files -/ ;;
    *)
      for line in "${(@)lines[2,-1]}"; do
        [[ -n $line ]] || continue
        word=${line%%$'\t'*}
        candidates+=("${word//:/\\:}:${line#*$'\t'}")
      done
      _describe -t postern postern candidates ;;
  esac
}
if [[ ${funcstack[1]} = _postern ]]; then _postern "$@"; else compdef _postern postern posternctl; fi
