#pragma once

#include <stddef.h>
#include <stdint.h>

/// A sender and a receiver of libsignal-protocol-c's group messages, each with its own memory. NULL if that fails.
struct sender_key_pair;
struct sender_key_pair *sender_key_pair_new(void);
void sender_key_pair_free(struct sender_key_pair *pair);

/// Encrypts: gives the message's length, at most `room`; 0 if that fails.
size_t sender_key_encrypt(
    struct sender_key_pair *pair, const uint8_t *plaintext, size_t length, uint8_t *message, size_t room);
/// Decrypts a message once: gives the plaintext's length; 0 if that fails.
size_t sender_key_decrypt(struct sender_key_pair *pair, const uint8_t *message, size_t length);
