#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "party/study/node_file.h"
#include "support/keys_kit.h"

#define NODE                                                                                       \
    "member: bank-a\n"                                                                             \
    "listen: tcp://0.0.0.0:7700\n"                                                                 \
    "peers:\n"                                                                                     \
    "  - member: bank-b\n"                                                                         \
    "    address: tcp://node.bank-b.example:7701\n"                                                \
    "  - member: bank-c\n"                                                                         \
    "    address: tcp://[fd00::1]:7702\n"                                                          \
    "files:\n"                                                                                     \
    "  key: secret/key.pem\n"                                                                      \
    "  passphrase_file: /run/secrets/words\n"                                                      \
    "  calibration: /var/lib/ringfence/calibration.json\n"                                         \
    "  auditor: auditor.crt\n"                                                                     \
    "deadlines:\n"                                                                                 \
    "  silence: 5\n"                                                                               \
    "limits:\n"                                                                                    \
    "  memory: 4096\n"                                                                             \
    "  time: 3600\n"

static enum rf_rc read_text(struct rf_node_file *node, const char *text, struct rf_err *err)
{
    return rf_node_file_text(node, "nodes/a/node.yaml", (const uint8_t *)text, strlen(text), err);
}

Test(node_file, reads_every_field)
{
    struct rf_node_file node;
    struct rf_err err = {0};
    cr_assert_eq(read_text(&node, NODE, &err), RF_OK, "%s", err.text);
    cr_assert_str_eq(node.member, "bank-a");
    cr_assert_str_eq(node.listen, "tcp://0.0.0.0:7700");
    cr_assert_eq(node.peer_count, 2);
    cr_assert_str_eq(rf_node_file_peer(&node, "bank-c"), "tcp://[fd00::1]:7702");
    cr_assert_null(rf_node_file_peer(&node, "bank-d"));
    cr_assert_str_eq(node.key, "nodes/a/secret/key.pem");
    cr_assert_str_eq(node.certificate, "nodes/a/member.crt");
    cr_assert_str_eq(node.ca, "nodes/a/ca.crt");
    cr_assert_str_eq(node.tokens, "nodes/a/tokens.cms");
    cr_assert_str_eq(node.passphrase, "/run/secrets/words");
    cr_assert_eq(node.silence, 5);
    cr_assert_eq(node.connect, 60);
    cr_assert_eq(node.progress, 300);
    cr_assert_str_eq(node.calibration, "/var/lib/ringfence/calibration.json");
    cr_assert_str_eq(node.auditor, "nodes/a/auditor.crt");
    cr_assert_eq(node.memory_mib, 4096);
    cr_assert_eq(node.time, 3600);
}

Test(node_file, a_name_is_enough)
{
    struct rf_node_file node;
    struct rf_err err = {0};
    cr_assert_eq(read_text(&node, "member: bank-a\n", &err), RF_OK, "%s", err.text);
    cr_assert_str_eq(node.listen, "");
    cr_assert_eq(node.peer_count, 0);
    cr_assert_eq(node.silence, 10);
    cr_assert_str_eq(node.calibration, "");
    cr_assert_str_eq(node.auditor, "");
    cr_assert_eq(node.memory_mib, 0);
    cr_assert_eq(node.time, 0);
}

Test(node_file, folder_with_and_without)
{
    struct keys_kit_folder folder = keys_kit_folder_make();
    struct rf_node_file node;
    struct rf_err err = {0};
    cr_assert_eq(rf_node_file_folder(&node, folder.path, &err), RF_OK, "%s", err.text);
    cr_assert_str_eq(node.member, "");
    cr_assert_str_eq(node.key, keys_kit_in(&folder, "member.key"));
    keys_kit_write(keys_kit_in(&folder, "node.yaml"), NODE, strlen(NODE), 0644);
    cr_assert_eq(rf_node_file_folder(&node, folder.path, &err), RF_OK, "%s", err.text);
    cr_assert_str_eq(node.member, "bank-a");
    cr_assert_str_eq(node.key, keys_kit_in(&folder, "secret/key.pem"));
    keys_kit_folder_remove(&folder);
}

static void expect_error(const char *from, const char *to, const char *error)
{
    struct rf_node_file node;
    struct rf_err err = {0};
    char text[2048], expected[512];
    const char *at = strstr(NODE, from);
    cr_assert_not_null(at, "%s", from);
    (void)snprintf(text, sizeof text, "%.*s%s%s", (int)(at - NODE), NODE, to, at + strlen(from));
    (void)snprintf(expected, sizeof expected, "nodes/a/node.yaml:%s", error);
    cr_expect_eq(read_text(&node, text, &err), RF_E_FORMAT, "%s", to);
    cr_expect_str_eq(err.text, expected);
}

Test(node_file, errors_name_the_place)
{
    expect_error("member: bank-a", "member: Bank",
                 "1:9: member: a name is a lower-case letter, then up to 31 lower-case letters, "
                 "digits or hyphens");
    expect_error("member: bank-a\n", "", "1:1: Missing required mapping field: member");
    expect_error("listen:", "listens:", "2:1: Unexpected key: listens");
    expect_error("tcp://0.0.0.0:7700", "0.0.0.0:7700",
                 "2:9: listen: '0.0.0.0:7700' is not tcp://host:port");
    expect_error("bank-c", "bank-b", "6:13: peers[1].member: bank-b is there twice");
    expect_error("key: secret/key.pem", "key: ''", "9:8: files.key: names no file");
    expect_error("silence: 5", "silence: 0",
                 "14:12: deadlines.silence: '0' is not a whole number from 1 to 86400");
    expect_error("silence: 5", "silence: *x", "14:12: aliases (*name) are not allowed");
    expect_error("memory: 4096", "memory: 4 GiB",
                 "16:11: limits.memory: '4 GiB' is not a whole number from 1 to 1073741824");
    expect_error("time: 3600", "time: 0",
                 "17:9: limits.time: '0' is not a whole number from 1 to 31622400");
}

Test(node_file, addresses)
{
    const char *bad[] = {"tcp://host",          "tcp://:7700",      "tcp://host:0",
                         "tcp://host:65536",    "tcp://host:7700x", "tcp://ho st:7700",
                         "tcp://*:7700",        "udp://host:7700",  "tcp://[::1:7700",
                         "tcp://host:77:00:00", "ipc://",           "host"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[256];
        struct rf_node_file node;
        struct rf_err err = {0};
        (void)snprintf(text, sizeof text, "member: a\npeers: [{member: b, address: '%s'}]\n",
                       bad[i]);
        cr_expect_eq(read_text(&node, text, &err), RF_E_FORMAT, "%s", bad[i]);
    }
    struct rf_node_file node;
    struct rf_err err = {0};
    cr_expect_eq(read_text(&node, "member: a\nlisten: tcp://*:1\n", &err), RF_OK, "%s", err.text);
    cr_expect_eq(read_text(&node, "member: a\nlisten: ipc:///run/x\n", &err), RF_OK, "%s",
                 err.text);
}
