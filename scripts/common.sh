# shellcheck shell=bash
# Sourced by the scripts beside it: where the project is, and how to build it.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jobs=${JOBS:-2}  # compilers at once; one may take 2 GB

# logged NAME COMMAND...: runs a command. On a terminal its output is shown; elsewhere it goes to
# build/NAME.log, of which a failure prints the end.
logged() {
  local name=$1 status=0
  shift
  if [[ -t 1 ]]; then
    "$@"
    return
  fi
  mkdir -p "$root/build"
  "$@" > "$root/build/$name.log" 2>&1 || status=$?
  if (( status != 0 )); then
    echo "$name failed; the end of build/$name.log:" >&2
    tail -n 60 "$root/build/$name.log" >&2
  fi
  return "$status"
}

# need_node: installs node and npm unless there is a node already, which is never replaced.
need_node() {
  if command -v node > /dev/null && command -v npm > /dev/null; then return; fi
  "$root/scripts/install-deps" node
}

# npm_packages FOLDER: installs what FOLDER/package-lock.json names into FOLDER/node_modules, unless
# it is there already. Install scripts of packages are not run: none is needed, and one of them
# reports to its makers.
npm_packages() {
  local folder=$1 stamp=$1/node_modules/.installed
  cmp --silent "$folder/package-lock.json" "$stamp" && return
  need_node
  (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel error) || return
  cp "$folder/package-lock.json" "$stamp"
}

# build PRESET [TARGET...]: configures and builds a preset of CMakePresets.json in build/PRESET.
build() {
  local preset=$1
  shift
  echo "building build/$preset"
  (cd "$root" && logged "configure-$preset" cmake --preset "$preset") || return
  logged "build-$preset" cmake --build "$root/build/$preset" --parallel "$jobs" ${1:+--target "$@"}
}
