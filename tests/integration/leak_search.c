/* Looks for secrets in files; in a capture of packets (pcap), also in each direction of each TCP connection
 * put together, since a value may begin in one packet and end in the next.
 *
 *     leak_search SECRETS FILE...    how many secrets of each kind were found; exit code 1 if any was
 *     leak_search --say SECRETS      sends every secret in clear over TCP on loopback, in two packets
 *
 * SECRETS has a line "KIND HEX" for each; none may be shorter than 7 bytes, because shorter ones turn up by
 * chance. Exit code 2: something could not be read. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PREFIX = 7, SLOTS_LOG = 18, KINDS = 16, KIND_SIZE = 16, SHOWN = 5 };

struct secret {
    char kind[KIND_SIZE];
    uint8_t *bytes;
    size_t size;
    bool found;
    struct secret *next; /* with the same slot */
};

static struct secret *secrets, *slot[1 << SLOTS_LOG];
static size_t secret_count, hits;

static void need(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "leak_search: %s\n", what);
    exit(2);
}

static void *room(void *old, size_t size)
{
    void *new = realloc(old, size);
    need(new, "out of memory");
    return new;
}

/* ---- secrets ---- */

static size_t slot_of(const uint8_t *bytes)
{
    uint64_t prefix = 0;
    memcpy(&prefix, bytes, PREFIX);
    return (size_t)(prefix * UINT64_C(0x9e3779b97f4a7c15) >> (64 - SLOTS_LOG));
}

static int digit(char c)
{
    const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c) : NULL;
    need(at, "a secret is not in hexadecimal");
    return (int)(at - digits);
}

static void add_secret(char *line)
{
    char *hex = strchr(line, ' ');
    need(hex && hex - line < KIND_SIZE, "a line that is no secret");
    *hex++ = 0;
    hex[strcspn(hex, "\n")] = 0;
    if ((secret_count & (secret_count - 1)) == 0)
        secrets = room(secrets, (secret_count ? 2 * secret_count : 1) * sizeof *secrets);
    struct secret *secret = &secrets[secret_count++];
    *secret = (struct secret){.size = strlen(hex) / 2};
    (void)snprintf(secret->kind, sizeof secret->kind, "%s", line);
    need(secret->size >= PREFIX, "a secret is too short to be looked for");
    secret->bytes = room(NULL, secret->size);
    for (size_t i = 0; i < secret->size; i++)
        secret->bytes[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
}

static void read_secrets(const char *path)
{
    char *line = NULL;
    size_t size = 0;
    FILE *file = fopen(path, "r");
    need(file, path);
    while (getline(&line, &size, file) > 0)
        add_secret(line);
    free(line);
    (void)fclose(file);
    need(secret_count > 0, "no secrets to look for");
    for (size_t i = 0; i < secret_count; i++) {
        struct secret **head = &slot[slot_of(secrets[i].bytes)];
        secrets[i].next = *head;
        *head = &secrets[i];
    }
}

/* ---- searching ---- */

static void found(struct secret *secret, const char *where, size_t at)
{
    secret->found = true;
    if (hits++ < SHOWN)
        (void)printf("%s: %s at byte %zu\n", where, secret->kind, at);
}

static void search(const uint8_t *bytes, size_t size, const char *where)
{
    for (size_t at = 0; at + PREFIX <= size; at++) {
        for (struct secret *secret = slot[slot_of(bytes + at)]; secret; secret = secret->next) {
            if (secret->size <= size - at && memcmp(bytes + at, secret->bytes, secret->size) == 0)
                found(secret, where, at);
        }
    }
}

/* ---- captures ---- */

struct stream {
    uint8_t ends[2 * 16 + 2 * 2]; /* addresses and ports, from and to */
    uint32_t first;               /* sequence number of the first byte */
    uint8_t *bytes;
    size_t size, room;
};

static struct stream *streams;
static size_t stream_count;

static uint32_t big(const uint8_t *bytes, unsigned size)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

static struct stream *stream_of(const uint8_t ends[36], uint32_t sequence, bool begins)
{
    for (size_t i = stream_count; i-- > 0 && !begins;) {
        if (memcmp(streams[i].ends, ends, sizeof streams[i].ends) == 0)
            return &streams[i];
    }
    streams = room(streams, (stream_count + 1) * sizeof *streams);
    struct stream *stream = &streams[stream_count++];
    *stream = (struct stream){.first = sequence + begins};
    memcpy(stream->ends, ends, sizeof stream->ends);
    return stream;
}

static void take_tcp(uint8_t ends[36], const uint8_t *tcp, size_t size)
{
    size_t header = size >= 20 ? (size_t)(tcp[12] >> 4) * 4 : 0;
    need(header >= 20 && header <= size, "a TCP packet that is none");
    memcpy(ends + 32, tcp, 4);
    uint32_t sequence = big(tcp + 4, 4);
    bool begins = tcp[13] & 2;
    struct stream *stream = stream_of(ends, sequence, begins);
    uint32_t at = sequence + begins - stream->first;
    size_t length = size - header;
    if (length == 0 || at >= UINT32_C(1) << 31) /* the latter: a keep-alive */
        return;
    need(at <= stream->size, "the capture lacks packets");
    if (at + length > stream->room) {
        stream->room = 2 * (at + length);
        stream->bytes = room(stream->bytes, stream->room);
    }
    memcpy(stream->bytes + at, tcp + header, length);
    stream->size = at + length > stream->size ? at + length : stream->size;
}

/* Everything but TCP is seen by the search through the whole file. */
static void take_packet(const uint8_t *packet, size_t size)
{
    enum { ETHERNET = 14, IPV4 = 0x0800, IPV6 = 0x86dd, TCP = 6 };
    uint8_t ends[36] = {0};
    if (size < ETHERNET + 20)
        return;
    unsigned kind = big(packet + 12, 2);
    const uint8_t *ip = packet + ETHERNET;
    size -= ETHERNET;
    if (kind == IPV4 && ip[9] == TCP) {
        size_t header = (size_t)(ip[0] & 15) * 4, total = big(ip + 2, 2);
        need(header >= 20 && header <= total && total <= size, "an IPv4 packet that is cut");
        memcpy(ends, ip + 12, 4);
        memcpy(ends + 16, ip + 16, 4);
        take_tcp(ends, ip + header, total - header);
    } else if (kind == IPV6 && size >= 40 && ip[6] == TCP) {
        size_t total = big(ip + 4, 2);
        need(40 + total <= size, "an IPv6 packet that is cut");
        memcpy(ends, ip + 8, 32);
        take_tcp(ends, ip + 40, total);
    }
}

struct pcap_file {
    uint32_t magic;
    uint16_t major, minor;
    uint32_t zone, digits, longest, link;
};

struct pcap_packet {
    uint32_t seconds, parts, kept, size;
};

static bool is_capture(const uint8_t *bytes, size_t size)
{
    struct pcap_file head;
    if (size < sizeof head)
        return false;
    memcpy(&head, bytes, sizeof head);
    if (head.magic != 0xa1b2c3d4)
        return false;
    need(head.link == 1, "a capture of no Ethernet");
    return true;
}

static void search_capture(const uint8_t *bytes, size_t size)
{
    struct pcap_packet packet;
    size_t total = 0;
    for (size_t at = sizeof(struct pcap_file); at < size; at += packet.kept) {
        need(size - at >= sizeof packet, "the capture is cut");
        memcpy(&packet, bytes + at, sizeof packet);
        at += sizeof packet;
        need(packet.kept == packet.size && packet.kept <= size - at, "a packet is cut");
        take_packet(bytes + at, packet.kept);
    }
    for (size_t i = 0; i < stream_count; i++) {
        char where[64];
        const struct stream *stream = &streams[i];
        (void)snprintf(where, sizeof where, "TCP from port %u to %u", big(stream->ends + 32, 2),
                       big(stream->ends + 34, 2));
        search(stream->bytes, stream->size, where);
        total += stream->size;
    }
    (void)printf("streams %zu, bytes %zu\n", stream_count, total);
}

static void search_file(const char *path)
{
    uint8_t *bytes = NULL;
    size_t size = 0, got;
    FILE *file = fopen(path, "rb");
    need(file, path);
    do {
        bytes = room(bytes, size + (1 << 20));
        got = fread(bytes + size, 1, 1 << 20, file);
        size += got;
    } while (got > 0);
    need(!ferror(file), path);
    (void)fclose(file);
    search(bytes, size, path);
    if (is_capture(bytes, size))
        search_capture(bytes, size);
    free(bytes);
}

/* "KIND: 3 of 17", in the order of their first secrets. */
static void print_kinds(void)
{
    const char *seen[KINDS];
    unsigned kinds = 0;
    for (size_t i = 0; i < secret_count; i++) {
        size_t of = 0, known = 0;
        unsigned kind = 0;
        while (kind < kinds && strcmp(seen[kind], secrets[i].kind) != 0)
            kind++;
        if (kind < kinds)
            continue;
        need(kinds < KINDS, "too many kinds");
        seen[kinds++] = secrets[i].kind;
        for (size_t j = i; j < secret_count; j++) {
            bool same = strcmp(secrets[j].kind, secrets[i].kind) == 0;
            of += same;
            known += same && secrets[j].found;
        }
        (void)printf("%s: %zu of %zu\n", secrets[i].kind, known, of);
    }
}

/* ---- saying ---- */

static void pass(int from, int to, const uint8_t *bytes, size_t size)
{
    uint8_t heard[256];
    need(size <= sizeof heard && send(from, bytes, size, 0) == (ssize_t)size &&
             recv(to, heard, size, MSG_WAITALL) == (ssize_t)size,
         "cannot speak on loopback");
}

static void say_all(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    const int on = 1;
    int door = socket(AF_INET, SOCK_STREAM, 0), from = socket(AF_INET, SOCK_STREAM, 0);
    need(bind(door, (struct sockaddr *)&address, size) == 0 && listen(door, 1) == 0 &&
             getsockname(door, (struct sockaddr *)&address, &size) == 0 &&
             connect(from, (struct sockaddr *)&address, size) == 0 &&
             setsockopt(from, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0,
         "cannot connect on loopback");
    int to = accept(door, NULL, NULL);
    for (size_t i = 0; i < secret_count; i++) {
        size_t half = secrets[i].size / 2;
        pass(from, to, secrets[i].bytes, half);
        pass(from, to, secrets[i].bytes + half, secrets[i].size - half);
    }
    (void)close(from);
    (void)close(to);
    (void)close(door);
}

int main(int count, char **arguments)
{
    bool say = count == 3 && strcmp(arguments[1], "--say") == 0;
    need(count >= 3, "usage: leak_search SECRETS FILE... | --say SECRETS");
    read_secrets(arguments[say ? 2 : 1]);
    if (say) {
        say_all();
    } else {
        for (int i = 2; i < count; i++)
            search_file(arguments[i]);
        print_kinds();
    }
    for (size_t i = 0; i < stream_count; i++)
        free(streams[i].bytes);
    for (size_t i = 0; i < secret_count; i++)
        free(secrets[i].bytes);
    free(streams);
    free(secrets);
    return hits > 0;
}
