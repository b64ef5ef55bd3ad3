# Counts tests: awk -f count.awk CTEST_OUTPUT LAST_TEST_LOG
#
# CTest knows programs and Criterion the tests within one, so a program counts as many tests as it says
# it ran, and a script as one. CTest's output tells who failed or was skipped, which its log does not.
# A program that fails though all its tests passed (a sanitizer's report, a crash at exit) is one
# failed test more. Prints "skipped NAME: REASON" and "failed NAME" lines, then "counts P F S".

FNR == NR && match($0, /Test +#[0-9]+: /) {
    rest = substr($0, RSTART + RLENGTH)
    name = rest
    sub(/ .*/, "", name)
    if (rest ~ /   Passed +[0-9]/)
        status[name] = "passed"
    else if (rest ~ /\*\*\*(Skipped|Not Run \(Disabled\))/)
        status[name] = "skipped"
    else
        status[name] = "failed"
    order[++n] = name
    next
}

FNR == NR {
    next
}

/^[0-9]+\/[0-9]+ Test: / {
    name = $3
    next
}

/^\[====\] Synthesis: / {
    split($0, part, /[^0-9]+/)
    passing[name] = part[3]
    failing[name] = part[4]
    within[name] = 1
}

/^\[SKIP\] / {
    sub(/^\[SKIP\] /, "")
    inner[name] = inner[name] "skipped " name ": " $0 "\n"
    skips[name]++
}

/^(SKIPPED|skipped): / {
    sub(/^[A-Za-z]+: /, "")
    reason[name] = $0
    inner[name] = inner[name] "skipped " name ": " $0 "\n"
    skips[name]++
}

END {
    for (i = 1; i <= n; i++) {
        name = order[i]
        if (status[name] == "skipped") {
            skipped++
            print "skipped " name ": " (reason[name] ? reason[name] : "no reason given")
            continue
        }
        printf "%s", inner[name]
        skipped += skips[name]
        passed += within[name] ? passing[name] : status[name] == "passed"
        if (status[name] == "failed") {
            failed += failing[name] > 0 ? failing[name] : 1
            print "failed " name
        }
    }
    print "counts " passed + 0 " " failed + 0 " " skipped + 0
}
