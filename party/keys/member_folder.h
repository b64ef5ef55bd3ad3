/** member_folder.h - what a member's folder, a CA's folder and a study's folder hold */
#ifndef RF_PARTY_KEYS_MEMBER_FOLDER_H
#define RF_PARTY_KEYS_MEMBER_FOLDER_H

/* A member's folder (0700). node.yaml may give other names. */
#define RF_FOLDER_KEY         "member.key" /* encrypted private key, 0600: never leaves the folder */
#define RF_FOLDER_REQUEST     "member.csr" /* for whoever issues certificates */
#define RF_FOLDER_CERTIFICATE "member.crt"
#define RF_FOLDER_CA          "ca.crt"     /* the CA certificates that this member believes */
#define RF_FOLDER_TOKENS      "tokens.cms" /* the tokens' key, sealed to the contributors */
#define RF_FOLDER_PASSPHRASE                                                                       \
    "passphrase" /* of member.key or ca.key, 0600; not needed where it is asked for */
#define RF_FOLDER_NODE "node.yaml"

/* The consortium CA's folder (0700). */
#define RF_FOLDER_CA_KEY    "ca.key"
#define RF_FOLDER_CA_ISSUED "issued.csv" /* one line for each certificate issued */

#endif
