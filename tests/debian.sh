# Read by the scripts that find a program for the tests. Where it is missing, they install Debian's package, if we may.

# find_or_install WHAT VARIABLE "NAMES" "PACKAGES": print where the program is that has one of these names.
# A path in the variable comes first.
find_or_install() {
  what=$1
  variable=$2
  names=$3
  packages=$4
  find_it && return
  command -v apt-get > /dev/null || give_up "this machine has no apt-get to install it with"
  if [ "$(id -u)" = 0 ]; then
    as_root=""
  elif sudo -n true 2> /dev/null; then
    as_root="sudo"
  else
    give_up "only root may install it here"
  fi
  echo "Installing $what (once) ..." >&2
  $as_root apt-get update -qq >&2 || give_up "apt-get cannot update its lists"
  # RUNLEVEL: a server that comes with a package is not started.
  # shellcheck disable=SC2086 # the packages are a list
  $as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -qq --no-install-recommends $packages >&2 ||
    give_up "apt-get cannot install it"
  find_it || give_up "it was installed elsewhere"
}

find_it() {
  eval "chosen=\${$variable:-}"
  for name in ${chosen:-} $names; do
    command -v "$name" && return
  done
  return 1
}

give_up() {
  echo "The tests need $what, and $1." >&2
  echo "Install it, put it on the PATH as one of: $names; or say where it is with $variable=/path/to/it." >&2
  exit 1
}
