"""The scripts that complete our commands in bash, zsh and fish, made from the option tables.

`pycp --completion SHELL` prints them; `python -m pycp.cli.complete` writes those that are shipped,
which the shells find by themselves. They hold all they offer, so no TAB starts Python.
"""

import os
from shlex import quote

from pycp.cli.cp import CP
from pycp.cli.install import INSTALL
from pycp.cli.shared import CONTROLS
from pycp.cli.table import Option, Table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

COMMANDS = {"cp": ("pycp", CP), "install": ("pyinstall", INSTALL)}
FILES = {"bash": "{}", "zsh": "_{}", "fish": "{}.fish"}
"""What each shell wants the file for a command to be called."""
DIRECTORY = os.path.join(os.path.dirname(os.path.dirname(__file__)), "completions")

# What an option may take that the machine knows, by the word for it in the table.
_KINDS = {
    "DIRECTORY": "directories",
    "FILE": "files",
    "GROUP": "groups",
    "OWNER": "users",
    "PROGRAM": "commands",
}


def completion(shell: str, command: str) -> str:
    """Return the script for "bash", "zsh" or "fish"; `command` is "cp" or "install"."""
    program, table = COMMANDS[command]
    scripts: dict[str, Callable[[str, Table], str]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}
    return scripts[shell](program, table)


def _word(option: Option) -> str:
    return option.value.strip("[=]")


def _offer(option: Option) -> tuple[str, list[str]]:
    """Return what the value is, and the keywords if it is "words" or a comma "list" of them."""
    if option.each:
        return "list", list(option.each)
    choices = CONTROLS if _word(option) == "CONTROL" else option.choices
    if choices:
        return "words", " ".join(choices).split()
    return _KINDS.get(_word(option), "text"), []


def _brief(option: Option) -> str:
    return option.help.partition(";")[0]


_BASH = """\
# Completion of {program} in bash, written by `{program} --completion bash`.

_{program}() {{
    local word=$2 before=$3 option= prefix= words= list= begun= keyword
    COMPREPLY=()
    for keyword in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        [[ $keyword == -- ]] && return
    done
    # Readline makes words of their own of "=" and what follows it, unless told otherwise.
    if [[ ${{COMP_WORDS[COMP_CWORD]}} == = ]]; then
        option=$before= word=
    elif [[ $before == = ]]; then
        option=${{COMP_WORDS[COMP_CWORD-2]}}=
    elif [[ $word == --*=* ]]; then
        option=${{word%%=*}}= prefix=$option word=${{word#*=}}
    elif [[ $before =~ ^-[{flags}]*([{takers}])$ ]]; then
        option=-${{BASH_REMATCH[1]}}
    else
        option=$before
    fi
    case $option in
{arms}
        *)
            [[ $word == -* ]] || return
            mapfile -t COMPREPLY < <(compgen -W {names} -- "$word")
            [[ ${{#COMPREPLY[@]}} == 1 && ${{COMPREPLY[0]}} == *= ]] && compopt -o nospace
            return
            ;;
    esac
    compopt +o default +o bashdefault
    if [[ $list ]]; then
        compopt -o nospace
        begun=${{word%"${{word##*,}}"}}
        for keyword in $list; do
            [[ ,$begun == *,$keyword,* ]] || words+=" $keyword"
        done
        prefix+=$begun word=${{word##*,}}
    fi
    if [[ $words ]]; then
        mapfile -t COMPREPLY < <(compgen -P "$prefix" -W "$words" -- "$word")
    fi
}}

complete -o default -o bashdefault -F _{program} {program}
"""

_BASH_OFFERS = {
    "directories": "compopt -o dirnames",
    "files": "return",
    "groups": 'mapfile -t COMPREPLY < <(compgen -P "$prefix" -g -- "$word")',
    "users": 'mapfile -t COMPREPLY < <(compgen -P "$prefix" -u -- "$word")',
    "commands": 'mapfile -t COMPREPLY < <(compgen -P "$prefix" -c -- "$word"); return',
    "text": "",
}


def _bash(program: str, table: Table) -> str:
    letters = {name[1]: option for name, option in table.options.items() if len(name) == 2}
    names = []
    arms = []
    for option in table.rows:
        for name in option.shown_names:
            is_long = len(name) > 2
            if not (is_long and option.needs_value):
                names.append(name)
            if is_long and option.value:
                names.append(f"{name}=")
        if option.value:
            arms.append(_bash_arm(option))
    return _BASH.format(
        program=program,
        flags="".join(letter for letter, option in letters.items() if not option.needs_value),
        takers="".join(letter for letter, option in letters.items() if option.needs_value),
        arms="\n".join(arms),
        names=quote(" ".join(names)),
    )


def _bash_arm(option: Option) -> str:
    kind, words = _offer(option)
    patterns = [f"{name}=" for name in option.shown_names if len(name) > 2]
    if option.needs_value:
        patterns = [*option.shown_names, *patterns]
    does = f"{kind}={quote(' '.join(words))}" if words else _BASH_OFFERS[kind]
    return f"        {' | '.join(patterns)}) {does} ;;".replace("  ;;", " ;;")


_ZSH = """\
#compdef {program}
# Completion of {program} in zsh, written by `{program} --completion zsh`.

_{program}() {{
    _arguments -s -S : \\
{specs} \\
        '*:file:_files'
}}

# Loaded from $fpath, this is the function itself; read by eval, it has yet to be made known.
if [[ $funcstack[1] == _{program} ]]; then
    _{program} "$@"
else
    (( $+functions[compdef] )) || {{ autoload -Uz compinit && compinit -i }}
    compdef _{program} {program}
fi
"""

_ZSH_OFFERS = {
    "directories": "_files -/",
    "files": "_files",
    "groups": "_groups",
    "users": "_users",
    "commands": "_command_names -e",
    "text": "",
}


def _zsh(program: str, table: Table) -> str:
    specs = [spec for option in table.rows for spec in _zsh_specs(option)]
    return _ZSH.format(program=program, specs=" \\\n".join(f"        {quote(s)}" for s in specs))


def _zsh_specs(option: Option) -> list[str]:
    kind, words = _offer(option)
    action = _ZSH_OFFERS.get(kind) or f"({' '.join(words)})"
    if kind == "list":
        action = f"_values -s , {_word(option)} {' '.join(words)}"
    if kind == "text":
        action = " "
    names = option.shown_names
    excluded = f"({' '.join(names)})" if len(names) > 1 else ""
    specs = []
    for name in names:
        is_long = len(name) > 2
        how = takes = ""
        if option.needs_value:
            how, takes = "=" if is_long else "+", f":{_word(option)}:{action}"
        elif option.value and is_long:
            how, takes = "=-", f"::{_word(option)}:{action}"
        specs.append(f"{excluded}{name}{how}[{_brief(option)}]{takes}")
    return specs


_FISH_LIST = """
function __{program}_list -d 'Say how a comma list may go on'
    set -l list (commandline -ct | string replace -r '^--[^=]*=' '')
    set -l begun (string replace -r '[^,]*$' '' -- "$list")
    for keyword in $argv
        string match -q "*,$keyword,*" ",$begun"; or echo "$begun$keyword"
    end
end
"""

_FISH_OFFERS = {
    "directories": "-x -a '(__fish_complete_directories)'",
    "files": "-r",
    "groups": "-x -a '(__fish_complete_groups)'",
    "users": "-x -a '(__fish_complete_users)'",
    "commands": "-x -a '(__fish_complete_command)'",
    "text": "-x",
}


def _fish(program: str, table: Table) -> str:
    lines = [f"# Completion of {program} in fish, written by `{program} --completion fish`.\n"]
    if any(option.each for option in table.rows):
        lines.append(_FISH_LIST.format(program=program))
    lines.append("\n")
    for option in table.rows:
        letters = [f"-s {name[1]}" for name in option.shown_names if len(name) == 2]
        longs = [f"-l {name[2:]}" for name in option.shown_names if len(name) > 2]
        takes = _fish_offer(program, option) if option.value else ""
        parts = [(letters, ""), (longs, takes)]
        if option.needs_value or not option.value:
            parts = [(letters + longs, takes)]
        for names, offer in parts:
            if names:
                words = ["complete", "-c", program, *names, offer, "-d", quote(_brief(option))]
                lines.append(" ".join(word for word in words if word) + "\n")
    return "".join(lines)


def _fish_offer(program: str, option: Option) -> str:
    kind, words = _offer(option)
    if not words:
        return _FISH_OFFERS[kind] if option.needs_value else "-f"
    offered = " ".join(words)
    if kind == "list":
        offered = f"(__{program}_list {offered})"
    return f"{'-x' if option.needs_value else '-f'} -a {quote(offered)}"


def main() -> None:
    """Write the scripts that are shipped."""
    for shell, name in FILES.items():
        os.makedirs(os.path.join(DIRECTORY, shell), exist_ok=True)
        for command, (program, _table) in COMMANDS.items():
            path = os.path.join(DIRECTORY, shell, name.format(program))
            with open(path, "w", encoding="ascii") as file:
                file.write(completion(shell, command))


if __name__ == "__main__":
    main()
