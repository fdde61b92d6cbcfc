#!/usr/bin/env python3
"""weir rules: each command on the shipped rules, and on small sets that have something wrong."""
import json
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import e2e  # noqa: E402

WORD = 'rule t.word {{\n  title "A word"\n  data_type t.word\n  in any\n  {0}\n' \
       '  sample + "alabaster"\n  sample - "bergamot"\n}}\n'


def rules(weir, *args, dir=None):
    run = weir.run("rules", *args, "--rules", dir or weir.root / "rules")
    run.text = run.out.decode()
    return run


def folder(**files):
    path = e2e.work_folder()
    for name, text in files.items():
        (path / f"{name}.rules").write_text(text)
    return path


def test_list(weir):
    run = rules(weir, "list")
    assert run.status == 0 and re.search(r"^pci\.pan +high +on +pci\.pan ", run.text, re.M), run.err
    listed = [json.loads(line) for line in rules(weir, "list", "--json").out.splitlines()]
    assert len(listed) == len(run.text.splitlines()) > 50
    pan = next(r for r in listed if r["id"] == "pci.pan")
    assert pan["enabled"] and pan["severity"] == "high" and "http.path" in pan["in"], pan
    validators = rules(weir, "list", "--validators").text
    assert re.search(r"^card +.*Luhn", validators, re.M), validators


def test_list_tells_of_a_local_file(weir):
    local = e2e.work_folder() / "local"
    local.write_text('override pci.pan { enable no }\noverride pii.email { severity info }\n'
                     'suppress pii.* {\n  owner "team"\n  until 2031-02-28\n}\n')
    text = rules(weir, "list", "--local", local).text
    assert re.search(r"^pci\.pan +high +off", text, re.M) and re.search(r"^pii\.email +info +on", text, re.M)
    assert "suppressed until 2031-02-28: pii.*, by team" in text, text[-300:]


def test_test(weir):
    run = rules(weir, "test")
    assert run.status == 0 and re.search(r"all of \d{2,} samples are found, none of \d{2,}", run.text), run.err
    wrong = WORD.format('match "bergamot"')
    run = rules(weir, "test", dir=folder(a=wrong))
    said = run.err.decode()
    assert run.status == 1 and "a.rules:6:12: expected the rule to find this sample" in said, said
    assert "a.rules:7:12: expected the rule not to find this sample" in said, said
    # Also rules that are off are tested; a run does not load them.
    off = folder(a=wrong.replace("in any", "in any\n  enable no"))
    assert rules(weir, "test", dir=off).status == 1
    assert rules(weir, "list", dir=off).status == 0


def test_lint(weir):
    set_ = folder(a=WORD.format("match /[a-z]{5}[erst]{4}/") +
                  'rule t.wide {\n  title "W"\n  data_type secret.w\n  in any\n  match /ab[^;]*cd/\n}\n'
                  'suppress t.word {\n  owner "me"\n  until 2020-01-01\n}\noverride t.none { enable no }\n')
    run = rules(weir, "lint", dir=set_)
    assert run.status == 0, run.err + run.out
    for place, what in (("5:9", "led by a class"), ("13:12", "a long repeat"), ("9:6", "no `sample \\+`"),
                        ("9:6", "no `sample -`"), ("9:6", "not masked"), ("15:10", "has ended"),
                        ("19:10", "no rule has this id")):
        assert re.search(rf"a\.rules:{place}: warning: .*{what}", run.text), (place, what, run.text)
    assert rules(weir, "lint", "--strict", dir=set_).status == 1
    broken = rules(weir, "lint", dir=folder(a="rule x {\n  colour red\n"))
    assert broken.status == 1 and "a.rules:2:3: expected a statement" in broken.text, broken.text
    assert "  colour red\n    ^" in broken.text


def test_lint_of_the_shipped_rules_has_no_errors(weir):
    assert rules(weir, "lint").status == 0


def test_try(weir):
    run = rules(weir, "try", "my card 4111 1111 1111 1111")
    assert run.status == 0 and "pci.pan at 8..27: 411111******1111\n    shape " in run.text, run.text
    terms = [int(n) for n in re.findall(r"^    (?!score)\w+ +\+(\d+)$", run.text.split("score")[0], re.M)]
    assert f"score                {sum(terms)}: high; a published test value" in run.text, run.text
    assert "4111 1111 1111" not in run.text and "4111111111111111" not in run.text
    run = rules(weir, "try", "pci.pan", "card 4111 1111 1111 1112")
    assert "no finding: card says no" in run.text, run.text
    run = rules(weir, "try", "pci.pan", "order 4012888888881881")
    assert "no finding: a veto word" in run.text, run.text
    text = e2e.work_folder() / "text"
    text.write_text("x" * 100000 + " card 4111111111111111")
    assert "pci.pan at 100006..100022" in rules(weir, "try", text).text
    by_input = subprocess.run([weir.binary, "rules", "try", "--rules", weir.root / "rules", "-"],
                              input=b"card 4111111111111111", capture_output=True, env=e2e.environment())
    assert b"pci.pan at 5..21" in by_input.stdout, by_input.stderr
    assert "pci.pan" not in rules(weir, "try", "--in", "payload", "-", dir=folder(a=WORD.format('match "x"')
                                  .replace('sample + "alabaster"', ''))).text
    assert rules(weir, "try", "no.such", "x").status == 2
    assert rules(weir, "try", "--in", "no.such", "x").status == 2


def test_explain(weir):
    run = rules(weir, "explain", "pii.email")
    assert run.status == 0 and "by each `@`" in run.text and "Hyperscan's databases" not in run.text, run.text
    assert "judged by email" in run.text and "pii.rules:" in run.text
    run = rules(weir, "explain", "secret.jwt")
    assert "Hyperscan's databases" in run.text and "cycles a byte" in run.text, run.text
    run = rules(weir, "explain", "pci.pan")
    assert "finds 12 to 19 digits" in run.text and "by the digit finder" in run.text, run.text
    assert rules(weir, "explain", "no.such").status == 1


def test_profile(weir):
    run = rules(weir, "profile", weir.demo)
    assert run.status == 0, run.err + run.out
    assert re.search(r"bytes scanned: [\d.]+ cycles a byte in Hyperscan", run.text), run.text
    rows = re.findall(r"^([a-z][\w.-]+) +(\d+) +(\d+) +([\d.]+) +(finder|[\d.]+)$", run.text, re.M)
    assert len(rows) >= 100 and any(int(found) > 0 for _, _, found, _, _ in rows), run.text[:400]
    total = sum(int(candidates) for _, candidates, _, _, _ in rows)
    assert f"{total} candidates" in run.text
    assert rules(weir, "profile", "/nonexistent.pcap").status == 1


GITLEAKS = r'''
title = "some rules"
[extend]
useDefault = true
[[rules]]
id = "acme-token"
description = "An \"Acme\" token"
regex = \'\'\'(?i)\b(acme_[a-z0-9]{20})(?:['"\n\r\s/]|$)\'\'\'
entropy = 3.5
keywords = [
    "acme", # why
    "x]y",
]
[[rules.allowlists]]
paths = [\'\'\'test\'\'\']
[[rules]]
id = "plain"
description = "Plain"
regex = "key=\\d{4}"
[[rules]]
id = "Plain"
regex = "again=\\d{4}"
[[rules]]
id = "files"
path = \'\'\'\.pem$\'\'\'
[[rules]]
id = "look"
regex = \'\'\'a(?=b)\'\'\'
'''.replace(r"\'\'\'", "'''")


def imported(weir, kind, text):
    """(the rules that came out, in a folder; what was said)"""
    source = e2e.work_folder() / "source"
    source.write_text(text)
    run = rules(weir, "import", "--" + kind, source)
    assert run.status == 0, run.err + run.out
    out = folder(imported=run.text)
    assert rules(weir, "test", dir=out).status == 0, run.text
    return out, run.err.decode()


def test_import_gitleaks(weir):
    out, said = imported(weir, "gitleaks", GITLEAKS)
    ids = [json.loads(line)["id"] for line in rules(weir, "list", "--json", dir=out).out.splitlines()]
    assert ids == ["gitleaks.acme-token", "gitleaks.plain"], ids
    assert "gitleaks.acme-token: translated without entropy, allowlist" in said, said
    assert "gitleaks.plain: not translated: another rule has this id" in said, said
    assert "gitleaks.files: not translated: it names files" in said, said
    assert "gitleaks.look: not translated: import:" in said, said
    assert "5 rules, 2 translated, 1 of them in part, 3 not" in said, said
    assert "gitleaks.acme-token at" in rules(weir, "try", "x ACME_0123456789abcdefghij\n", dir=out).text
    assert "gitleaks.plain at" in rules(weir, "try", "key=1234", dir=out).text


SURICATA = r'''# comment
alert tcp any any -> any any (msg:"Chain; \"a\""; content:"AB|0d 0a|"; content:"cd"; distance:1; within:6; sid:1; rev:3;)
alert http any any -> any any (msg:"Host"; http.host; content:"api.shop.example"; sid:2;)
alert http $HOME_NET any -> any any (msg:"Token"; content:"tok_"; pcre:"/tok_[a-z\/]{4}/i"; sid:3;)
alert tcp any any -> any any (msg:"Not"; content:!"x"; sid:4;)
alert tcp any any -> any any (msg:"State"; content:"xyz"; flowbits:set,a; sid:5;)
alert http any any -> any any (msg:"Two"; http.host; content:"a.example"; http.uri; content:"/x"; sid:6;)
'''


def test_import_suricata(weir):
    out, said = imported(weir, "suricata", SURICATA)
    listed = {r["id"]: r for r in map(json.loads, rules(weir, "list", "--json", dir=out).out.splitlines())}
    assert list(listed) == ["suricata.1", "suricata.2", "suricata.3"], list(listed)
    assert listed["suricata.2"]["in"] == ["http.host"] and listed["suricata.1"]["rev"] == 3
    assert "suricata.3: translated without addresses and ports" in said, said
    for sid, reason in ((4, "content that must not be there"), (5, "flowbits"), (6, "several buffers")):
        assert f"suricata.{sid}: not translated: {reason}" in said, said
    found = lambda text: "suricata.1 at" in rules(weir, "try", text, dir=out).text
    assert found("AB\r\n12cd") and found("AB\r\n1234cd")
    assert not found("AB\r\ncd") and not found("AB\r\n12345cd")
    assert "suricata.3 at" in rules(weir, "try", "x TOK_ab/c", dir=out).text


def test_usage(weir):
    for args in (["rules"], ["rules", "nope"], ["rules", "list", "x"], ["rules", "import"], ["rules", "try"],
                 ["rules", "lint", "--nope"]):
        assert weir.run(*args).status == 2, args
    run = weir.run("rules", "import", "--gitleaks", "/nonexistent")
    assert run.status == 1 and len(run.err_lines) == 1, run.err_lines
    assert weir.run("rules", "--help").status == 0


e2e.main()
