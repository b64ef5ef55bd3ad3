/* Somebody who changes transcripts after the run, also with the keys of those whose transcripts they are.
 *
 *     forger TRANSCRIPTS CONSORTIUM CHANGES
 *
 * TRANSCRIPTS holds those of one session, CONSORTIUM a folder for each member with its key and passphrase. Every
 * change must be found by the audit: CHANGES single bits as a thief of the file could change them, spread over
 * all files and record types; then changes by a member that chains and signs its transcript anew: bits,
 * records dropped, doubled, exchanged, cut off, and certificates exchanged. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/base/secret.h"
#include "party/audit/audit.h"
#include "party/keys/certificate.h"
#include "party/keys/private_key.h"
#include "party/transcript/transcript_write.h"

enum { FILES_MAX = 32, RECORDS_MAX = 4096, EVERY = 7, LEAST_OF_A_TYPE = 8 };

struct file {
    char name[256];
    uint8_t *bytes;
    size_t size;
    struct rf_transcript transcript; /* of a copy */
    EVP_PKEY *key;
};

static struct file files[FILES_MAX];
static size_t file_count;
static X509_STORE *authority;
static unsigned changed[RF_TRANSCRIPT_TYPES], anew[RF_TRANSCRIPT_TYPES];
static unsigned structures, own_times;
static uint64_t state = 88172645463325252U;

static uint64_t chance(uint64_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % below;
}

static void die(const char *what, const char *more) __attribute__((noreturn));

static void die(const char *what, const char *more)
{
    (void)fprintf(stderr, "forger: %s%s%s\n", what, more ? ": " : "", more ? more : "");
    exit(2);
}

static uint8_t *copy_of(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        die("out of memory", NULL);
    memcpy(copy, bytes, size);
    return copy;
}

/* ---- the audit, with one file replaced ---- */

/* Is it found? @bytes stands for file @which. */
static bool found(size_t which, const uint8_t *bytes, size_t size, bool whole)
{
    struct rf_err err = {0};
    struct rf_audit audit = {.err = &err, .authority = authority};
    (void)X509_STORE_up_ref(authority);
    if (rf_audit_add(&audit, files[which].name, copy_of(bytes, size), size) != RF_OK)
        die("cannot audit", err.text);
    bool seen = audit.check[RF_AUDIT_RECORDS].state == RF_AUDIT_FAILED;
    for (size_t i = 0; !seen && i < file_count; i++) {
        if (i != which &&
            rf_audit_add(&audit, files[i].name, copy_of(files[i].bytes, files[i].size),
                         files[i].size) != RF_OK)
            die("cannot audit", err.text);
    }
    if (!seen || whole) {
        if (rf_audit_run(&audit, true) != RF_OK)
            die("cannot audit", err.text);
        seen = !rf_audit_holds(&audit);
    }
    rf_audit_fini(&audit);
    return seen;
}

static void must_find(size_t which, const uint8_t *bytes, size_t size, const char *what,
                      size_t record, size_t byte)
{
    if (found(which, bytes, size, false))
        return;
    (void)fprintf(stderr, "FAILED: %s: %s, record %zu (%s), byte %zu: not found\n",
                  files[which].name, what, record,
                  record < files[which].transcript.records
                      ? rf_transcript_type_name(files[which].transcript.record[record].type)
                      : "end",
                  byte);
    exit(1);
}

/* ---- a thief of the file ---- */

static size_t record_at(const struct file *file, size_t offset)
{
    size_t record = 0, end = 0;
    while (record < file->transcript.records) {
        end += file->transcript.record[record].size + RF_TREE_HASH;
        if (offset < end)
            break;
        record++;
    }
    return record;
}

static void change_bit(size_t which, size_t offset)
{
    struct file *file = &files[which];
    uint8_t *copy = copy_of(file->bytes, file->size);
    size_t record = record_at(file, offset);
    copy[offset] ^= (uint8_t)(1U << chance(8));
    must_find(which, copy, file->size, "one bit changed", record, offset);
    changed[file->transcript.record[record].type]++;
    free(copy);
}

/* Spread evenly over all bytes of all files; then more, until every type has had its share. */
static void change_bits(unsigned changes)
{
    size_t all = 0;
    for (size_t i = 0; i < file_count; i++)
        all += files[i].size;
    for (unsigned n = 0; n < changes; n++) {
        size_t offset = (size_t)((double)all * n / changes), which = 0;
        for (; offset >= files[which].size; which++)
            offset -= files[which].size;
        change_bit(which, offset);
    }
    for (size_t which = 0; which < file_count; which++) {
        const struct rf_transcript *in = &files[which].transcript;
        for (size_t i = 0; i < in->records; i++) {
            size_t start = (size_t)(in->record[i].start - in->bytes);
            for (unsigned n = 0; changed[in->record[i].type] < 8 * LEAST_OF_A_TYPE && n < 8; n++)
                change_bit(which, start + chance(in->record[i].size + RF_TREE_HASH));
        }
    }
}

static void cut(size_t which)
{
    struct file *file = &files[which];
    for (size_t size = 0; size < file->size; size += file->size / 23 + 1, structures++)
        must_find(which, file->bytes, size, "cut", record_at(file, size), size);
}

/* ---- a member with its key ---- */

struct list {
    const uint8_t *record[RECORDS_MAX];
    size_t size[RECORDS_MAX], count;
};

static void list_of(struct list *list, const struct rf_transcript *in)
{
    list->count = in->records;
    for (size_t i = 0; i < in->records; i++) {
        list->record[i] = in->record[i].start;
        list->size[i] = in->record[i].size;
    }
}

/* Chained anew, and signed anew by the member if a signature stood at the end. */
static uint8_t *forge(const struct file *file, const struct list *list, size_t *size)
{
    struct rf_err err = {0};
    struct rf_transcript_writer writer = {0};
    uint8_t *bytes = NULL;
    static const char path[] = "forged.rft"; /* in the test's folder */
    (void)remove(path);
    if (rf_transcript_create(&writer, path, &err) != RF_OK)
        die("cannot write", err.text);
    for (size_t i = 0; i < list->count; i++) {
        enum rf_rc rc;
        if (list->record[i][3] == RF_TRANSCRIPT_SIGNATURE && i + 1 == list->count) {
            rc = rf_transcript_put_signature(&writer, &file->transcript.header, file->key);
        } else {
            struct rf_canon_writer body;
            rf_canon_begin(&body);
            (void)msgpack_sbuffer_write(&body.buffer,
                                        (const char *)list->record[i] + RF_TRANSCRIPT_PREFIX,
                                        list->size[i] - RF_TRANSCRIPT_PREFIX);
            rc = rf_transcript_append(&writer, list->record[i][3], &body);
        }
        if (rc != RF_OK)
            die("cannot forge", err.text);
    }
    if (rf_transcript_flush(&writer, false) != RF_OK)
        die("cannot forge", err.text);
    FILE *in = fopen(path, "rb");
    if (!in || fseek(in, 0, SEEK_END) != 0 || (*size = (size_t)ftell(in)) == 0)
        die("cannot read back", path);
    rewind(in);
    bytes = malloc(*size);
    if (!bytes || fread(bytes, 1, *size, in) != *size)
        die("cannot read back", path);
    (void)fclose(in);
    (void)remove(path);
    rf_transcript_writer_fini(&writer);
    return bytes;
}

static void must_find_forged(size_t which, const struct list *list, const char *what, size_t record,
                             size_t byte)
{
    size_t size;
    uint8_t *bytes = forge(&files[which], list, &size);
    must_find(which, bytes, size, what, record, byte);
    free(bytes);
}

/* What a process says of its own end, after its last checkpoint, nobody can gainsay: only that is let pass. */
static bool is_own_time(const struct rf_transcript_record *record, const uint8_t *forged)
{
    static const char key[] = "\xa8"
                              "finished";
    size_t key_size = sizeof key - 1;
    if (record->type != RF_TRANSCRIPT_CLOSE)
        return false;
    for (size_t i = RF_TRANSCRIPT_PREFIX; i + key_size < record->size; i++) {
        if (rf_secret_equal(record->start + i, key, key_size))
            return rf_secret_equal(record->start, forged, i + key_size + 1);
    }
    return false;
}

static void change_and_sign(size_t which, size_t record)
{
    const struct rf_transcript_record *at = &files[which].transcript.record[record];
    size_t byte = RF_TRANSCRIPT_PREFIX + chance(at->size - RF_TRANSCRIPT_PREFIX);
    uint8_t *forged = copy_of(at->start, at->size);
    struct list list;
    forged[byte] ^= (uint8_t)(1U << chance(8));
    list_of(&list, &files[which].transcript);
    list.record[record] = forged;
    if (is_own_time(at, forged)) {
        own_times++;
    } else {
        must_find_forged(which, &list, "one bit changed and signed anew", record, byte);
        anew[at->type]++;
    }
    free(forged);
}

static void remove_from(struct list *list, size_t from, size_t count)
{
    memmove(list->record + from, list->record + from + count,
            (list->count - from - count) * sizeof *list->record);
    memmove(list->size + from, list->size + from + count,
            (list->count - from - count) * sizeof *list->size);
    list->count -= count;
}

static bool same(const struct rf_transcript_record *a, const struct rf_transcript_record *b)
{
    return a->size == b->size && memcmp(a->start, b->start, a->size) == 0;
}

static void rearrange(size_t which, size_t record)
{
    const struct rf_transcript *in = &files[which].transcript;
    struct list list;
    list_of(&list, in);
    remove_from(&list, record, 1);
    must_find_forged(which, &list, "dropped", record, 0);
    list_of(&list, in);
    if (list.count < RECORDS_MAX) {
        memmove(list.record + record + 1, list.record + record,
                (list.count - record) * sizeof *list.record);
        memmove(list.size + record + 1, list.size + record,
                (list.count - record) * sizeof *list.size);
        list.count++;
        must_find_forged(which, &list, "doubled", record, 0);
    }
    list_of(&list, in);
    list.record[record] = in->record[record + 1].start;
    list.size[record] = in->record[record + 1].size;
    list.record[record + 1] = in->record[record].start;
    list.size[record + 1] = in->record[record].size;
    if (!same(&in->record[record], &in->record[record + 1]))
        must_find_forged(which, &list, "exchanged with the next", record, 0);
    list_of(&list, in); /* all from here to the end, which closes it */
    if (record + 2 < list.count) {
        remove_from(&list, record, list.count - 2 - record);
        must_find_forged(which, &list, "cut off and closed", record, 0);
    }
    structures += 4;
}

/* A member record with the certificate of another. */
static void exchange_certificates(size_t which)
{
    const struct rf_transcript *in = &files[which].transcript;
    struct list list;
    list_of(&list, in);
    struct rf_canon_writer w;
    struct rf_err err = {0};
    uint8_t *body = NULL;
    size_t size = 0;
    rf_canon_begin(&w);
    rf_canon_map(&w, 3);
    rf_canon_number_entry(&w, "member", 0);
    rf_canon_bytes_entry(&w, "certificate", in->member[1].certificate,
                         in->member[1].certificate_size);
    rf_canon_bytes_entry(&w, "approval", in->member[0].approval, in->member[0].approval_size);
    if (rf_canon_end(&w, &body, &size, &err) != RF_OK)
        die("out of memory", NULL);
    uint8_t *forged = malloc(RF_TRANSCRIPT_PREFIX + size);
    if (!forged)
        die("out of memory", NULL);
    memcpy(forged, in->record[2].start, RF_TRANSCRIPT_PREFIX);
    memcpy(forged + RF_TRANSCRIPT_PREFIX, body, size);
    list.record[2] = forged;
    list.size[2] = RF_TRANSCRIPT_PREFIX + size;
    must_find_forged(which, &list, "certificate exchanged", 2, 0);
    structures++;
    free(forged);
    free(body);
}

static void forge_all(size_t which)
{
    const struct rf_transcript *in = &files[which].transcript;
    struct list list;
    size_t size;
    list_of(&list, in);
    uint8_t *same =
        forge(&files[which], &list, &size); /* what must not be found: the forger works */
    if (found(which, same, size, true))
        die("a transcript that is only signed again does not hold", files[which].name);
    free(same);
    for (size_t i = 0; i + 1 < in->records; i++) {
        unsigned type = in->record[i].type;
        if (i % EVERY == which % EVERY || anew[type] < LEAST_OF_A_TYPE)
            change_and_sign(which, i);
        if (i % (3 * EVERY) == which % EVERY)
            rearrange(which, i);
    }
    exchange_certificates(which);
}

/* ---- files ---- */

static EVP_PKEY *key_of(const char *consortium, const char *transcript)
{
    char path[PATH_MAX], member[64];
    struct rf_passphrase passphrase = {0};
    struct rf_err err = {0};
    EVP_PKEY *key = NULL;
    const char *role = strstr(transcript, "-party-");
    role = role ? role : strstr(transcript, "-client-");
    if (!role)
        die("no name of a transcript", transcript);
    (void)snprintf(member, sizeof member, "%.*s", (int)(role - transcript), transcript);
    (void)snprintf(path, sizeof path, "%s/%s/passphrase", consortium, member);
    if (rf_passphrase_read(&passphrase, path, &err) != RF_OK)
        die("no passphrase", err.text);
    (void)snprintf(path, sizeof path, "%s/%s/member.key", consortium, member);
    if (rf_private_key_load(&key, path, &passphrase, &err) != RF_OK)
        die("no key", err.text);
    rf_passphrase_fini(&passphrase);
    return key;
}

static void load(const char *folder, const char *consortium, const char *name)
{
    char path[PATH_MAX];
    struct rf_err err = {0};
    struct file *file = &files[file_count++];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    (void)snprintf(file->name, sizeof file->name, "%s", name);
    if (rf_transcript_load(&file->transcript, path, &err) != RF_OK)
        die("cannot read", err.text);
    if (file->transcript.records >= RECORDS_MAX)
        die("more records than there is room for", name);
    file->bytes = file->transcript.bytes;
    file->size = file->transcript.size;
    file->key = key_of(consortium, name);
}

static void load_all(const char *folder, const char *consortium)
{
    struct rf_err err = {0};
    char path[PATH_MAX];
    DIR *list = opendir(folder);
    if (!list)
        die("no folder", folder);
    for (struct dirent *entry; (entry = readdir(list)) && file_count < FILES_MAX;) {
        if (strstr(entry->d_name, ".rft"))
            load(folder, consortium, entry->d_name);
    }
    (void)closedir(list);
    (void)snprintf(path, sizeof path, "%s/ca/ca.crt", consortium);
    if (rf_certificate_store(&authority, path, &err) != RF_OK)
        die("no CA", err.text);
}

int main(int count, char **arguments)
{
    if (count != 4)
        die("usage: forger TRANSCRIPTS CONSORTIUM CHANGES", NULL);
    load_all(arguments[1], arguments[2]);
    if (file_count < 2 || found(0, files[0].bytes, files[0].size, true))
        die("the transcripts do not hold as they are", arguments[1]);
    change_bits((unsigned)strtoul(arguments[3], NULL, 10));
    for (size_t i = 0; i < file_count; i++) {
        cut(i);
        forge_all(i);
    }
    unsigned bits = 0, forged = 0;
    for (unsigned type = RF_TRANSCRIPT_HEADER; type < RF_TRANSCRIPT_TYPES; type++) {
        bits += changed[type];
        forged += anew[type];
        if (files[0].transcript.header.full || type != RF_TRANSCRIPT_SEGMENT)
            (void)printf("%s: %u bits changed, %u signed anew\n", rf_transcript_type_name(type),
                         changed[type], anew[type]);
    }
    (void)printf("all found: %u bits changed, %u signed anew, %u rearranged; let pass: %u times of "
                 "one's own\n",
                 bits, forged, structures, own_times);
    for (size_t i = 0; i < file_count; i++) {
        EVP_PKEY_free(files[i].key);
        rf_transcript_fini(&files[i].transcript);
    }
    X509_STORE_free(authority);
    return 0;
}
