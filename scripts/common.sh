# shellcheck shell=bash
# Sourced by the scripts beside it: where the project is, and how to build it.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
jobs=${JOBS:-2}  # a compiler may take 2 GB

# logged NAME COMMAND...: on a terminal the command's output as it comes; elsewhere into build/NAME.log, of which a failure shows the end.
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

# build PRESET [TARGET...]: configures and builds it in build/PRESET.
build() {
  local preset=$1
  shift
  echo "building build/$preset"
  (cd "$root" && logged "configure-$preset" cmake --preset "$preset") || return
  logged "build-$preset" cmake --build "$root/build/$preset" --parallel "$jobs" ${1:+--target "$@"}
}
