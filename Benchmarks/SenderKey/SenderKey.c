// What an app must bring to libsignal-protocol-c: primitives, from OpenSSL, and a store, which keeps one record.

#include "SenderKey.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <signal/group_cipher.h>
#include <signal/group_session_builder.h>
#include <signal/protocol.h>
#include <signal/signal_protocol.h>
#include <stdlib.h>
#include <string.h>

struct end {
  signal_protocol_store_context *store;
  signal_buffer *record;
  group_cipher *cipher;
};

struct sender_key_pair {
  signal_context *context;
  struct end sender, receiver;
};

static const signal_protocol_sender_key_name name = {"group", 5, {"+15550100", 9, 1}};

static int draw(uint8_t *bytes, size_t length, void *data) {
  (void)data;
  return RAND_bytes(bytes, (int)length) == 1 ? SG_SUCCESS : SG_ERR_UNKNOWN;
}

static int hmac_begin(void **context, const uint8_t *key, size_t length, void *data) {
  (void)data;
  *context = HMAC_CTX_new();
  return HMAC_Init_ex(*context, key, (int)length, EVP_sha256(), NULL) == 1 ? SG_SUCCESS : SG_ERR_UNKNOWN;
}

static int hmac_add(void *context, const uint8_t *bytes, size_t length, void *data) {
  (void)data;
  return HMAC_Update(context, bytes, length) == 1 ? SG_SUCCESS : SG_ERR_UNKNOWN;
}

static int hmac_end(void *context, signal_buffer **output, void *data) {
  (void)data;
  uint8_t code[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (HMAC_Final(context, code, &length) != 1) return SG_ERR_UNKNOWN;
  *output = signal_buffer_create(code, length);
  return *output ? SG_SUCCESS : SG_ERR_NOMEM;
}

static void hmac_free(void *context, void *data) {
  (void)data;
  HMAC_CTX_free(context);
}

static int hash_begin(void **context, void *data) {
  (void)data;
  *context = EVP_MD_CTX_new();
  return EVP_DigestInit_ex(*context, EVP_sha512(), NULL) == 1 ? SG_SUCCESS : SG_ERR_UNKNOWN;
}

static int hash_add(void *context, const uint8_t *bytes, size_t length, void *data) {
  (void)data;
  return EVP_DigestUpdate(context, bytes, length) == 1 ? SG_SUCCESS : SG_ERR_UNKNOWN;
}

static int hash_end(void *context, signal_buffer **output, void *data) {
  (void)data;
  uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  if (EVP_DigestFinal_ex(context, digest, &length) != 1) return SG_ERR_UNKNOWN;
  *output = signal_buffer_create(digest, length);
  // The library goes on with the same context.
  return *output && EVP_DigestInit_ex(context, EVP_sha512(), NULL) == 1 ? SG_SUCCESS : SG_ERR_NOMEM;
}

static void hash_free(void *context, void *data) {
  (void)data;
  EVP_MD_CTX_free(context);
}

static int run(
    int encrypts, signal_buffer **output, int cipher, const uint8_t *key, const uint8_t *iv, const uint8_t *input,
    size_t length) {
  if (cipher != SG_CIPHER_AES_CBC_PKCS5) return SG_ERR_INVAL;
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
  uint8_t *bytes = malloc(length + 32);
  int first = 0, last = 0, status = SG_ERR_UNKNOWN;
  if (EVP_CipherInit_ex(context, EVP_aes_256_cbc(), NULL, key, iv, encrypts) == 1 &&
      EVP_CipherUpdate(context, bytes, &first, input, (int)length) == 1 &&
      EVP_CipherFinal_ex(context, bytes + first, &last) == 1) {
    *output = signal_buffer_create(bytes, (size_t)(first + last));
    status = *output ? SG_SUCCESS : SG_ERR_NOMEM;
  }
  free(bytes);
  EVP_CIPHER_CTX_free(context);
  return status;
}

static int encrypt(
    signal_buffer **output, int cipher, const uint8_t *key, size_t key_length, const uint8_t *iv, size_t iv_length,
    const uint8_t *input, size_t length, void *data) {
  (void)data;
  return key_length == 32 && iv_length == 16 ? run(1, output, cipher, key, iv, input, length) : SG_ERR_INVAL;
}

static int decrypt(
    signal_buffer **output, int cipher, const uint8_t *key, size_t key_length, const uint8_t *iv, size_t iv_length,
    const uint8_t *input, size_t length, void *data) {
  (void)data;
  return key_length == 32 && iv_length == 16 ? run(0, output, cipher, key, iv, input, length) : SG_ERR_INVAL;
}

static int keep(
    const signal_protocol_sender_key_name *id, uint8_t *record, size_t length, uint8_t *user, size_t user_length,
    void *data) {
  (void)id, (void)user, (void)user_length;
  struct end *end = data;
  signal_buffer_free(end->record);
  end->record = signal_buffer_create(record, length);
  return end->record ? SG_SUCCESS : SG_ERR_NOMEM;
}

static int load(
    signal_buffer **record, signal_buffer **user, const signal_protocol_sender_key_name *id, void *data) {
  (void)id;
  struct end *end = data;
  *user = NULL;
  if (!end->record) return 0;
  *record = signal_buffer_copy(end->record);
  return *record ? 1 : SG_ERR_NOMEM;
}

static int open_end(struct end *end, signal_context *context) {
  signal_protocol_sender_key_store keys = {keep, load, NULL, end};
  int status = signal_protocol_store_context_create(&end->store, context);
  if (status == 0) status = signal_protocol_store_context_set_sender_key_store(end->store, &keys);
  if (status == 0) status = group_cipher_create(&end->cipher, end->store, &name, context);
  return status;
}

static int introduce(struct sender_key_pair *pair) {
  group_session_builder *sending = NULL, *receiving = NULL;
  sender_key_distribution_message *sent = NULL, *received = NULL;
  int status = group_session_builder_create(&sending, pair->sender.store, pair->context);
  if (status == 0) status = group_session_builder_create(&receiving, pair->receiver.store, pair->context);
  if (status == 0) status = group_session_builder_create_session(sending, &sent, &name);
  if (status == 0) {
    signal_buffer *bytes = ciphertext_message_get_serialized((ciphertext_message *)sent);
    status = sender_key_distribution_message_deserialize(
        &received, signal_buffer_data(bytes), signal_buffer_len(bytes), pair->context);
  }
  if (status == 0) status = group_session_builder_process_session(receiving, &name, received);
  SIGNAL_UNREF(sent);
  SIGNAL_UNREF(received);
  group_session_builder_free(sending);
  group_session_builder_free(receiving);
  return status;
}

struct sender_key_pair *sender_key_pair_new(void) {
  static const signal_crypto_provider provider = {draw,     hmac_begin, hmac_add, hmac_end,  hmac_free, hash_begin,
                                                  hash_add, hash_end,   hash_free, encrypt, decrypt,   NULL};
  struct sender_key_pair *pair = calloc(1, sizeof *pair);
  int status = signal_context_create(&pair->context, NULL);
  if (status == 0) status = signal_context_set_crypto_provider(pair->context, &provider);
  if (status == 0) status = open_end(&pair->sender, pair->context);
  if (status == 0) status = open_end(&pair->receiver, pair->context);
  if (status == 0) status = introduce(pair);
  if (status == 0) return pair;
  sender_key_pair_free(pair);
  return NULL;
}

static void close_end(struct end *end) {
  if (end->cipher) group_cipher_free(end->cipher);
  if (end->store) signal_protocol_store_context_destroy(end->store);
  signal_buffer_free(end->record);
}

void sender_key_pair_free(struct sender_key_pair *pair) {
  close_end(&pair->sender);
  close_end(&pair->receiver);
  if (pair->context) signal_context_destroy(pair->context);
  free(pair);
}

size_t sender_key_encrypt(
    struct sender_key_pair *pair, const uint8_t *plaintext, size_t length, uint8_t *message, size_t room) {
  ciphertext_message *made = NULL;
  if (group_cipher_encrypt(pair->sender.cipher, plaintext, length, &made) != SG_SUCCESS) return 0;
  signal_buffer *bytes = ciphertext_message_get_serialized(made);
  size_t count = signal_buffer_len(bytes);
  if (count <= room) memcpy(message, signal_buffer_data(bytes), count);
  SIGNAL_UNREF(made);
  return count <= room ? count : 0;
}

size_t sender_key_decrypt(struct sender_key_pair *pair, const uint8_t *message, size_t length) {
  sender_key_message *received = NULL;
  signal_buffer *plaintext = NULL;
  size_t count = 0;
  if (sender_key_message_deserialize(&received, message, length, pair->context) == SG_SUCCESS &&
      group_cipher_decrypt(pair->receiver.cipher, received, NULL, &plaintext) == SG_SUCCESS)
    count = signal_buffer_len(plaintext);
  signal_buffer_free(plaintext);
  SIGNAL_UNREF(received);
  return count;
}
