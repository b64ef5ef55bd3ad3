# Reads "FILE:LINE:#include "TARGET"" and prints the includes that go against the arrows (tests/lint.sh).

function layer_of(path)
{
    if (path ~ /^net\/base\//)                 return "base"
    if (path ~ /^net\/[^\/]*$/)                return "net"
    if (path ~ /^protocols\/share\//)          return "share"
    if (path ~ /^protocols\/backend\/[^\/]*$/) return "backend"
    if (path ~ /^protocols\/backend\//)        return "a backend"
    if (path ~ /^protocols\/circuit\//)        return "circuit"
    if (path ~ /^protocols\/oblivious\//)      return "oblivious"
    if (path ~ /^protocols\/analytics\//)      return "analytics"
    if (path ~ /^party\/plain\//)              return "plain"
    if (path ~ /^party\//)                     return "party"
    if (path ~ /^bench\//)                     return "bench"
    return "nowhere"
}

# The folders of party/: each includes those with a lower rank, and itself.
function rank_of(path)
{
    if (path ~ /^party\/keys\//)                           return 1
    if (path ~ /^party\/study\//)                          return 2
    if (path ~ /^party\/(data|report|transcript)\//)       return 3
    if (path ~ /^party\/(plain|run)\//)                    return 4
    if (path ~ /^party\/audit\//)                          return 5
    if (path ~ /^party\/cmd\//)                            return 6
    return 0
}

function folder_of(path)
{
    sub(/\/[^\/]*$/, "", path)
    return path
}

BEGIN {
    sees["base"] = "base"
    sees["net"] = "base net"
    sees["share"] = "base share"
    sees["backend"] = "base net share backend"
    sees["a backend"] = sees["backend"]
    sees["circuit"] = "base share backend circuit"
    sees["oblivious"] = sees["circuit"] " oblivious"
    sees["analytics"] = sees["oblivious"] " analytics"
    sees["plain"] = "base plain party"
    sees["party"] = "base net share backend circuit oblivious analytics plain party bench"
    sees["bench"] = "base net share backend circuit oblivious analytics party bench"
}

{
    target = $0
    sub(/^[^"]*"/, "", target)
    sub(/".*/, "", target)
    from = layer_of($1)
    to = layer_of(target)
    if (rank_of($1) && rank_of(target) >= rank_of($1) && folder_of($1) != folder_of(target)) {
        print $1 ":" $2 ": " folder_of($1) " includes \"" target "\""
        next
    }
    if (index(" " sees[from] " ", " " to " ") && to != "a backend")
        next
    if (to == "a backend" && (from == "party" || from == "bench" || folder_of($1) == folder_of(target)))
        next
    if (to == "a backend" && $1 ~ /^protocols\/backend\/registry\.[ch]$/)
        next
    if ($1 ~ /^protocols\/backend\/rep3_active\// && target ~ /^protocols\/backend\/rep3\//)
        next
    if (from == "plain" && target == "protocols/analytics/cells.h")
        next
    print $1 ":" $2 ": " from " includes \"" target "\", which is " to
}
