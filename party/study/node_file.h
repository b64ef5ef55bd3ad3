/** node_file.h - a node's configuration: node.yaml in its member's folder
 *
 *     member: bank-a
 *     listen: tcp://0.0.0.0:7700      # not needed by a node that only contributes
 *     peers:                          # where the parties listen; one's own too, for
 *                                     # `contribute` on another host than `party`
 *       - member: bank-b
 *         address: tcp://node.bank-b.example:7700
 *     files:                          # relative to this file's folder; these are the defaults
 *       certificate: member.crt
 *       key: member.key
 *       ca: ca.crt
 *       tokens: tokens.cms
 *       passphrase_file: passphrase
 *       auditor: auditor.crt          # no default: whom full transcripts are sealed to
 *       calibration: /path/to/calibration.json   # default: the user's own, see calibration.h
 *     deadlines:                      # seconds; these are the defaults
 *       silence: 10                   # a peer not heard of for so long is dead
 *       connect: 60                   # how long to wait for peers to appear
 *       progress: 300                 # a peer that lives and does not send what is due
 *     limits:                         # none unless stated: this party refuses a larger study
 *       memory: 4096                  # MiB of share columns
 *       time: 3600                    # seconds, as predicted on this machine */
#ifndef RF_PARTY_STUDY_NODE_FILE_H
#define RF_PARTY_STUDY_NODE_FILE_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "net/base/rc.h"
#include "party/keys/passphrase.h"
#include "party/study/study.h"

enum { RF_NODE_FILE_ADDRESS_MAX = 255 };

struct rf_node_file_peer {
    char member[RF_MEMBER_NAME_MAX + 1];
    char address[RF_NODE_FILE_ADDRESS_MAX + 1];
};

struct rf_node_file {
    char member[RF_MEMBER_NAME_MAX + 1];       /* empty: there is no node.yaml */
    char listen[RF_NODE_FILE_ADDRESS_MAX + 1]; /* empty: does not listen */
    struct rf_node_file_peer peers[RF_MEMBERS_MAX];
    unsigned peer_count;
    char certificate[PATH_MAX], key[PATH_MAX], ca[PATH_MAX], tokens[PATH_MAX], passphrase[PATH_MAX];
    char calibration[PATH_MAX];          /* empty: the user's own */
    char auditor[PATH_MAX];              /* empty: nothing is sealed to an auditor */
    unsigned silence, connect, progress; /* seconds */
    unsigned memory_mib, time;           /* limits; seconds; 0: none */
};

/** rf_node_file_read() - read and check a node.yaml
 * Paths come out ready to open. Errors: RF_E_FORMAT "file:line:column: reason", RF_E_ARG when there
 * is no such file. */
RF_MUST_CHECK enum rf_rc rf_node_file_read(struct rf_node_file *node, const char *path,
                                           struct rf_err *err);

/** rf_node_file_text() - the same from memory; @name stands for the file, its folder for paths */
RF_MUST_CHECK enum rf_rc rf_node_file_text(struct rf_node_file *node, const char *name,
                                           const uint8_t *text, size_t size, struct rf_err *err);

/** rf_node_file_folder() - @folder's node.yaml if it has one, else files by their usual names */
RF_MUST_CHECK enum rf_rc rf_node_file_folder(struct rf_node_file *node, const char *folder,
                                             struct rf_err *err);

/** rf_node_file_usual() - as if @folder had no node.yaml: files by their usual names, no member, no peers
 * Errors: RF_E_ARG when a path is too long. */
RF_MUST_CHECK enum rf_rc rf_node_file_usual(struct rf_node_file *node, const char *folder,
                                            struct rf_err *err);

/** rf_node_file_passphrase() - the passphrase of the node's key
 * @file: may be NULL
 * From @file, else the environment's file, else the node's own passphrase file if there is one, else
 * the terminal. Errors: those of rf_passphrase_get(). */
RF_MUST_CHECK enum rf_rc rf_node_file_passphrase(struct rf_passphrase *passphrase, const char *file,
                                                 const struct rf_node_file *node,
                                                 struct rf_err *err);

/** rf_node_file_peer() - address of a member, or NULL */
const char *rf_node_file_peer(const struct rf_node_file *node, const char *member);

#endif
