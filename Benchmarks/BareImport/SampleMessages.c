// A Messages database to import: the tables and columns that an importer reads, texts of everyday lengths, most of
// them archived as current systems do. The same number of messages always makes the same database.

#include "BareImport.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static const char *const schema =
    "CREATE TABLE message (ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL, text TEXT,"
    " handle_id INTEGER DEFAULT 0, subject TEXT, attributedBody BLOB, service TEXT, date INTEGER,"
    " date_read INTEGER, date_delivered INTEGER, is_from_me INTEGER DEFAULT 0, item_type INTEGER DEFAULT 0,"
    " group_title TEXT, group_action_type INTEGER DEFAULT 0, associated_message_guid TEXT,"
    " associated_message_type INTEGER DEFAULT 0, balloon_bundle_id TEXT, payload_data BLOB,"
    " expressive_send_style_id TEXT, message_summary_info BLOB, thread_originator_guid TEXT,"
    " date_edited INTEGER DEFAULT 0);"
    "CREATE TABLE handle (ROWID INTEGER PRIMARY KEY, id TEXT NOT NULL, service TEXT NOT NULL);"
    "CREATE TABLE chat (ROWID INTEGER PRIMARY KEY, guid TEXT UNIQUE NOT NULL, style INTEGER,"
    " chat_identifier TEXT, service_name TEXT, display_name TEXT);"
    "CREATE TABLE chat_message_join (chat_id INTEGER, message_id INTEGER, PRIMARY KEY (chat_id, message_id));"
    "CREATE TABLE chat_handle_join (chat_id INTEGER, handle_id INTEGER, UNIQUE (chat_id, handle_id));"
    "BEGIN;"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)"
    " INSERT INTO handle SELECT i, '+155501' || (10000 + i), iif(i % 3 = 0, 'SMS', 'iMessage') FROM n;"
    "INSERT INTO chat SELECT ROWID, service || ';-;' || id, 45, id, service, NULL FROM handle;"
    "INSERT INTO chat_handle_join SELECT ROWID, ROWID FROM handle;";

static const char *const words[] = {
    "dinner", "at", "seven", "if", "the", "train", "is", "not", "late", "again", "I", "could", "bring", "bread", "and",
    "you", "cheese", "tomorrow", "maybe", "call", "me", "when", "home", "thanks", "see", "photo", "from", "holiday"};

static const unsigned char head[] =
    "\x04\x0bstreamtyped\x81\xe8\x03\x84\x01@\x84\x84\x84\x19NSMutableAttributedString\x00\x84\x84\x12"
    "NSAttributedString\x00\x84\x84\x08NSObject\x00\x85\x92\x84\x84\x84\x0fNSMutableString\x01\x84\x84\x08NSString"
    "\x01\x95\x84\x01+";
static const unsigned char tail[] =
    "\x92\x84\x84\x84\x0cNSDictionary\x00\x95\x84\x01i\x01\x92\x84\x98\x98\x1d__kIMMessagePartAttributeName\x86\x92"
    "\x84\x84\x84\x08NSNumber\x00\x84\x84\x07NSValue\x00\x95\x84\x01*\x84\x9b\x9b\x00\x86\x86\x86";

static uint64_t state;

/// SplitMix64.
static uint32_t below(uint32_t bound) {
  uint64_t mixed = state += 0x9e3779b97f4a7c15;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return (uint32_t)((mixed ^ (mixed >> 31)) % bound);
}

static size_t make_text(char *text) {
  size_t length = 0;
  for (uint32_t left = 1 + below(below(10) == 0 ? 40 : 18); left > 0; left--) {
    if (length > 0) text[length++] = ' ';
    const char *word = words[below(sizeof words / sizeof *words)];
    memcpy(text + length, word, strlen(word));
    length += strlen(word);
  }
  return length;
}

static size_t write_length(unsigned char *bytes, size_t length) {
  if (length < 0x80) return bytes[0] = (unsigned char)length, 1;
  bytes[0] = 0x81;
  bytes[1] = (unsigned char)length;
  bytes[2] = (unsigned char)(length >> 8);
  return 3;
}

static size_t make_archive(unsigned char *bytes, const char *text, size_t length) {
  size_t end = sizeof head - 1;
  memcpy(bytes, head, end);
  end += write_length(bytes + end, length);
  memcpy(bytes + end, text, length);
  end += length;
  memcpy(bytes + end, "\x86\x84\x02iI\x01", 6);
  end += 6;
  end += write_length(bytes + end, length);
  memcpy(bytes + end, tail, sizeof tail - 1);
  return end + sizeof tail - 1;
}

static int add_message(sqlite3_stmt *message, sqlite3_stmt *join, int64_t number, int64_t *date) {
  char text[512], guid[40];
  unsigned char archive[1024];
  size_t length = make_text(text);
  int chat = 1 + (int)below(40), is_archived = below(10) < 6, is_mine = below(2) == 0;
  *date += 1000000000LL + below(3600000) * 1000000LL;
  snprintf(guid, sizeof guid, "%08X-0000-4000-8000-%012llX", below(UINT32_MAX), (unsigned long long)number);
  sqlite3_bind_text(message, 1, guid, -1, SQLITE_STATIC);
  if (is_archived) sqlite3_bind_null(message, 2);
  else sqlite3_bind_text(message, 2, text, (int)length, SQLITE_STATIC);
  if (is_archived) sqlite3_bind_blob(message, 3, archive, (int)make_archive(archive, text, length), SQLITE_STATIC);
  else sqlite3_bind_null(message, 3);
  sqlite3_bind_int(message, 4, is_mine ? 0 : chat);
  sqlite3_bind_text(message, 5, chat % 3 == 0 ? "SMS" : "iMessage", -1, SQLITE_STATIC);
  sqlite3_bind_int64(message, 6, *date);
  sqlite3_bind_int(message, 7, is_mine);
  int status = sqlite3_step(message);
  sqlite3_reset(message);
  sqlite3_bind_int(join, 1, chat);
  sqlite3_bind_int64(join, 2, number);
  if (status == SQLITE_DONE) status = sqlite3_step(join);
  sqlite3_reset(join);
  return status == SQLITE_DONE ? SQLITE_OK : status;
}

int bare_make_messages(const char *path, int64_t count) {
  sqlite3 *database = NULL;
  sqlite3_stmt *message = NULL, *join = NULL;
  int64_t date = 600000000LL * 1000000000LL;
  state = 1;
  int status = sqlite3_open(path, &database);
  if (status == SQLITE_OK) status = sqlite3_exec(database, schema, NULL, NULL, NULL);
  if (status == SQLITE_OK)
    status = sqlite3_prepare_v2(
        database,
        "INSERT INTO message (guid, text, attributedBody, handle_id, service, date, is_from_me)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        -1, &message, NULL);
  if (status == SQLITE_OK)
    status = sqlite3_prepare_v2(
        database, "INSERT INTO chat_message_join (chat_id, message_id) VALUES (?, ?)", -1, &join, NULL);
  for (int64_t number = 1; number <= count && status == SQLITE_OK; number++)
    status = add_message(message, join, number, &date);
  if (status == SQLITE_OK) status = sqlite3_exec(database, "COMMIT", NULL, NULL, NULL);
  sqlite3_finalize(message);
  sqlite3_finalize(join);
  sqlite3_close(database);
  return status;
}
