"""What the scripts must hold that needs no instance: lints, settings, JSON, and that both do the same."""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from services import LABELS
from world import SCRIPT, settings

WINDOWS = SCRIPT.with_name("windows.ps1")
# What runs the functions of linux.sh.
BASH = "bash"
BOTH = [SCRIPT, WINDOWS]


def shellcheck_finds_nothing():
    if not shutil.which("shellcheck"):
        return "shellcheck is not installed"
    result = subprocess.run(["shellcheck", str(SCRIPT)], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def each_setting_is_filled_in_once_between_quotes():
    for script in BOTH:
        text = script.read_text()
        found = re.findall(r"@([A-Z_]+)@", text)
        assert sorted(found) == sorted(settings()), f"{script.name}: {found}"
        for name in settings():
            assert re.search(rf"^\$?\w+ ?= ?'@{name}@'$", text, re.MULTILINE), f"{script.name}: {name} is not alone between quotes"


def values_that_end_the_quotes_are_not_accepted():
    """The scripts' own patterns accept no character that could end a quoted text; the portal refuses what they refuse."""
    for script in BOTH:
        text = script.read_text()
        for pattern, good, bad in (
            (r"(https\?://\S+?)(?:\$| ]]|\\z')", "https://vmm.example:8443/a", ["https://x'y", "https://x y", 'https://x"', "https://x\n", "https://x`y"]),
            (r"(\[a-z0-9\]\[a-z0-9_-\]\{0,62\})", LABELS[1], ["x'y", "x y", "X", "", "x" * 64, "x\n"]),
        ):
            (accepted,) = {re.search(pattern, line).group(1) for line in text.splitlines() if re.search(pattern, line)}
            accepted = accepted.removesuffix("\\z").removesuffix("$")
            assert re.fullmatch(accepted, good), f"{script.name}: {accepted} does not accept {good}"
            for value in bad:
                assert not re.fullmatch(accepted, value), f"{script.name}: {accepted} accepts {value!r}"


def no_secret_can_be_printed_by_tracing():
    for script in BOTH:
        text = script.read_text()
        for word in ("set -x", "xtrace", "Set-PSDebug", "Start-Transcript", "--verbose", "-Verbose", "insecure"):
            assert word not in text, f"{script.name} has {word}"
    # -k is curl's for any certificate; timeout has it too.
    assert not re.search(r"curl[^|\n]* -k ", SCRIPT.read_text())


def only_aws_programs_get_the_code_on_a_command_line():
    shell = [line.strip() for line in SCRIPT.read_text().splitlines() if "$ACTIVATION_CODE" in line]
    windows = [line.strip() for line in WINDOWS.read_text().splitlines() if ".activation_code" in line]
    # In both it is given to the agent and to the installer. Else it is only compared, or replaced in their output.
    for lines, start, others in ((shell, "run_with_code ", ("[[ ! ", "if [[ ! ", "output=${output//")), (windows, "$arguments = ", ("Get-Printable ",))):
        assert len([line for line in lines if line.startswith(start) and "-register" in line]) == 2, lines
        assert all(line.startswith((start, *others)) for line in lines), lines


def both_scripts_take_the_same_steps_in_the_same_order():
    shell = SCRIPT.read_text().split("\nmain() {")[1]
    steps = re.findall(r"^    (check_settings|prepare_state|stop_if_registered|take_lock|find_provider|enroll|register_agent)$", shell, re.MULTILINE)
    names = {
        "Test-Settings": "check_settings",
        "Initialize-State": "prepare_state",
        "Test-Registered": "stop_if_registered",
        "Enter-Lock": "take_lock",
        "Find-Provider": "find_provider",
        "Get-Activation": "enroll",
        "Register-Agent": "register_agent",
    }
    windows = WINDOWS.read_text().split("\nfunction Start-Enrollment {")[1]
    assert [names[name] for name in re.findall("|".join(names), windows)] == steps, windows


def both_scripts_know_the_same_settings_requests_and_codes():
    for pattern in (
        r"MUSTER_ENROLL_[A-Z_]+",
        r"/enroll/v1/\w+",
        r"/latest/(?:api|dynamic|meta-data)/[a-z0-9/-]+",
        r"/metadata/\w+[^'\"$ ]*",
        r"/computeMetadata/[\w/-]+",
        r"guestinfo[\w.]+",
        r"vendor_data\w+.json",
    ):
        shell, windows = (set(re.findall(pattern, script.read_text())) for script in BOTH)
        assert shell == windows and shell, f"{pattern}: only one has {shell ^ windows}"
    assert set(re.findall(r"exit ([0-9]+)$", SCRIPT.read_text(), re.MULTILINE)) == {"0", "10", "20"}
    assert set(re.findall(r"Stop-WithCode ([0-9]+)", WINDOWS.read_text())) == {"10", "20"}


def windows_script_is_in_powershell_5():
    text = WINDOWS.read_text()
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for pattern in (r"\?\?", r" \? .* : ", r"&&", r"\|\|", r"-AsHashtable", r"-NoProxy", r"-SkipHttpErrorCheck", r"-Parallel"):
        assert not re.search(pattern, code), f"{pattern} needs PowerShell 7"
    text.encode("ascii")
    for opening, closing in ("{}", "()", "[]"):
        bare = re.sub(r"'[^'\n]*'|\"[^\"\n]*\"", "", re.sub(r"`.", "", code))
        assert bare.count(opening) == bare.count(closing), f"{opening} and {closing} do not pair"
    assert "[Net.SecurityProtocolType]::Tls12" in text
    assert re.search(r"if \(-not \$UsesProxy\) \{ \$request.Proxy = \$null \}", text)
    assert re.search(r'Invoke-Request \$Method "\$Metadata\$Path" \$Headers \'\' 5 \$false', text)


def both_scripts_take_only_answers_with_a_code_for_refusals():
    pattern = r"\[a-z\]\[a-z_\]\{0,63\}"
    (shell,) = re.findall(rf"=~ \^{pattern}\$ \]\]; then\n.*\n +refuse ", SCRIPT.read_text())
    (windows,) = re.findall(rf"\$code -is \[string\] -and \$code -cmatch '\\A{pattern}\\z'\) \{{\n.*\n +Stop-Refused", WINDOWS.read_text())
    assert powershell_function("Send-Post").count("Stop-Refused") == 1, (shell, windows)


def windows_script_trusts_only_what_administrators_can_change():
    """Its folder has its own access list, and what it reads or locks is there or checked. A mutex can be held by every user."""
    text = WINDOWS.read_text()
    assert "O:BAG:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)" in text
    assert "[IO.Directory]::CreateDirectory($State, $security)" in text and "[IO.Directory]::SetAccessControl($State, $security)" in text
    assert "$LockFile = Join-Path $State 'lock'" in text and "[IO.FileShare]::None" in text
    assert not re.search(r"Threading\.(Mutex|Semaphore|EventWaitHandle)", text)
    for name in ("Initialize-State", "Get-FileToken"):
        assert "Assert-Protected $" in powershell_function(name), name
    rights = powershell_value("$WriteRights")
    assert eval(rights.replace("-bor", "|")) == 0x500D0156, rights  # noqa: S307


def windows_script_uses_the_proxy_of_the_environment():
    """.NET ignores it. The agent's service does not have it, either."""
    proxy = powershell_function("Get-EnvironmentProxy")
    for name in ("https_proxy", "http_proxy", "all_proxy", "no_proxy"):
        assert f"$env:{name}" in proxy, name
    assert "New-Object Net.WebProxy $uri" in proxy and "Net.NetworkCredential" in proxy
    request = powershell_function("Invoke-Request")
    # A refusal in the `try` would be taken for a failed request.
    assert 0 < request.index("if ($UsesProxy) { $proxy = Get-EnvironmentProxy $Url }") < request.index("    try {")
    assert "elseif ($null -ne $proxy) { $request.Proxy = $proxy }" in request
    assert "Write-ProxyWarning" in powershell_function("Register-Agent")
    assert ".GetValue('Environment')" in powershell_function("Write-ProxyWarning")


def windows_script_does_not_take_unreadable_labels_for_absent():
    assert "Status = 404" not in WINDOWS.read_text()
    assert "if ($token.Status -ne 0) { $token.Status = 401 }" in powershell_function("Get-AwsMetadata")
    labels = powershell_function("Get-Labels")
    assert r"$answer.Text -notmatch '\A\s*\['" in labels
    assert r"$null -eq $tags -and $answer.Text -notmatch '\A\s*\[\s*\]\s*\z'" in labels


def windows_script_leaves_no_files_and_deletes_none_of_others():
    text = WINDOWS.read_text()
    (created,) = (line for line in text.splitlines() if "$script:Work = Join-Path" in line)
    assert created in powershell_function("Register-Agent")
    assert text.count("New-Item ") == 1 and "-Filter 'enroll.*' -Directory | Remove-Item" in text
    assert "if ($script:TokenFileUsed) { Remove-Item -LiteralPath $TokenFile" in text
    assert "if (Test-TokenFile) {" in powershell_function("Get-Provider") and ".Length -gt 0" in powershell_function("Test-TokenFile")


def windows_script_runs_only_installers_of_exactly_amazon():
    setup = powershell_function("Invoke-Setup")
    assert "X509NameType]::SimpleName" in setup and "$signer -cne 'Amazon.com Services LLC'" in setup
    assert "Subject" not in setup
    assert setup.index("-cne 'Amazon.com Services LLC'") < setup.index("Invoke-Program")


def powershell_function(name):
    """The body of a function in windows.ps1."""
    return re.search(rf"^function {name}\b(?:[^\n]*\}}$|.*?^\}}$)", WINDOWS.read_text(), re.MULTILINE | re.DOTALL).group(0)


def powershell_value(name):
    """What a variable at the top of windows.ps1 is set to."""
    return re.search(rf"^{re.escape(name)} = (.*)$", WINDOWS.read_text(), re.MULTILINE).group(1)


def cases_without_namespaces_fail_where_they_are_required():
    """A run that tested nothing must not pass for one that tested all."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "unshare")
        program.write_text("#!/bin/sh\necho 'unshare: Operation not permitted' >&2\nexit 1\n")
        program.chmod(0o755)
        command = [sys.executable, str(Path(__file__).with_name("run.py")), "a_second_boot_makes_no_request"]
        for required, code, word in (("required", 1, "FAILED   1 cases"), ("", 0, "skipped  1 cases")):
            environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "MUSTER_TEST_NAMESPACES": required}
            result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
            assert result.returncode == code and word in result.stdout, result.stdout + result.stderr


# JSON, by the script's own functions.


def functions(program, text):
    """Runs bash with the functions of linux.sh, and returns what the program prints for a text."""
    source = SCRIPT.read_text()
    assert source.endswith("\nmain\n")
    script = source.removesuffix("main\n") + program
    return subprocess.run([BASH, "-c", script], input=text.encode(), capture_output=True, check=True, timeout=60).stdout.decode()


EACH = """
while IFS= read -r line; do
    if json_read "$line"; then json_quote "${JSON['$.a.1.b']:-}"; else QUOTED=invalid; fi
    printf '%s\\n' "$QUOTED"
done
"""


def json_texts_are_read_and_written_as_python_does():
    generator = random.Random(7)
    alphabet = [chr(code) for code in range(1, 0x80)] + ["\\", '"', "\n", "é", "☃", "😀", "\u2028", "\\u0041", "$(id)", "`", "&", "]", "}"]
    texts = ["".join(generator.choices(alphabet, k=generator.randrange(30))) for _ in range(400)]
    documents = [{"x]$(id)": 1, "a": [None, {"b": text, "c": -1.5e3}, {}, []], "z": True} for text in texts]
    # The escaped NUL at the end of one is dropped, because bash cannot hold it.
    lines = [json.dumps(document, ensure_ascii=index % 2 == 0) for index, document in enumerate(documents)]
    lines.append('{"a":[0,{"b":"x\\u0000y\\ud800z"}]}')
    answers = functions(EACH, "\n".join(lines) + "\n").split("\n")[:-1]
    assert [json.loads(answer) for answer in answers] == [*texts, "xy\ufffdz"]


def json_of_others_takes_bounded_time():
    """Each took 9 to 30 seconds when steps were not counted."""
    hostile = ['{"a":"' + "\\n" * 32000 + '"}', "[" + "0," * 30000 + "0]", "[" + " " * 60000 + "]", '{"a":"' + "\\u00e9" * 10000 + '"}']
    for text in hostile:
        started = time.monotonic()
        functions(EACH, text + "\n")
        seconds = time.monotonic() - started
        assert seconds < 6, f"{text[:10]}… took {seconds:.1f} s"
    # What providers do answer is read: 50 tags of 256 characters.
    tags = json.dumps([{}, {"b": "x" * 256}, *({"name": f"n{index}", "value": "y" * 256} for index in range(50))])
    assert functions(EACH, f'{{"a": {tags}}}\n') == f'"{"x" * 256}"\n'


def pauses_grow_to_at_most_120_seconds():
    program = "for run in {1..300}; do BACKOFF=2; for try in 1 2 3 4 5 6 7 8; do back_off; done; done"
    seconds = [int(line) for line in functions("pause() { echo \"$1\"; }\n" + program, "").split()]
    assert min(seconds) == 2 and 110 < max(seconds) <= 120, (min(seconds), max(seconds))
    assert all(seconds[at] < seconds[at + 2] for at in range(0, len(seconds), 8)), "pauses do not grow"
    assert "[Math]::Min(60, $script:Backoff * 2)" in powershell_function("Wait-Backoff")


def json_that_is_cut_off_or_wrong_is_invalid():
    whole = '{"a": [1, {"b": "x\\n\\u00e9"}, {}, []], "c": true}'
    assert functions(EACH, whole + "\n") == '"x\\u000aé"\n'
    wrong = [whole[:end] for end in range(len(whole))] + [whole + "x", "{'a': 1}", '{"a" 1}', '{"a": nope}', '{"a": "\\x"}', "[" * 100 + "]" * 100]
    answers = functions(EACH, "\n".join(wrong) + "\n").split("\n")[:-1]
    assert answers == ["invalid"] * len(wrong), [line for line, answer in zip(wrong, answers) if answer != "invalid"]


ALL = [
    shellcheck_finds_nothing,
    each_setting_is_filled_in_once_between_quotes,
    values_that_end_the_quotes_are_not_accepted,
    no_secret_can_be_printed_by_tracing,
    only_aws_programs_get_the_code_on_a_command_line,
    both_scripts_take_the_same_steps_in_the_same_order,
    both_scripts_know_the_same_settings_requests_and_codes,
    windows_script_is_in_powershell_5,
    both_scripts_take_only_answers_with_a_code_for_refusals,
    windows_script_trusts_only_what_administrators_can_change,
    windows_script_uses_the_proxy_of_the_environment,
    windows_script_does_not_take_unreadable_labels_for_absent,
    windows_script_leaves_no_files_and_deletes_none_of_others,
    windows_script_runs_only_installers_of_exactly_amazon,
    cases_without_namespaces_fail_where_they_are_required,
    json_texts_are_read_and_written_as_python_does,
    json_that_is_cut_off_or_wrong_is_invalid,
    json_of_others_takes_bounded_time,
    pauses_grow_to_at_most_120_seconds,
]
