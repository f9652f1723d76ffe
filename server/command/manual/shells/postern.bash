# Completion of postern for bash: source this file, or put it into /usr/share/bash-completion/completions/postern.
_postern() {
  local kind word meaning current=${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  [[ $current != = ]] || current=
  while IFS=$'\t' read -r word meaning; do
    if [[ -z $kind ]]; then kind=$word; else COMPREPLY+=("$word"); fi
  done < <(postern complete -- "${COMP_WORDS[@]:1:COMP_CWORD-1}" "$current" 2>/dev/null)
  case $kind in
    files) mapfile -t COMPREPLY < <(compgen -f -- "$current"); compopt -o filenames 2>/dev/null ;;
    directories) mapfile -t COMPREPLY < <(compgen -d -- "$current"); compopt -o filenames 2>/dev/null ;;
  esac
}
complete -F _postern postern posternctl
