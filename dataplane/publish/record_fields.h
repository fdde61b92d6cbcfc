/*
 * Every field of every record, once: its name on the wire, its kind, who carries it, what it
 * means. The JSON writer, `weir schema` and docs/records.md are made from this table, and it is
 * the only place that knows that weir's orig/resp are ECS's src/dst.
 *
 *   X(ID, "json_name", KIND, TYPES, FLAGS, max_bytes, "meaning")
 *
 * KIND       UINT, BOOL, TEXT, TEXTS (array), UINTS (array), IP, MAC, HEX
 * TYPES      which records may carry it: bits of enum record_type, or ALL
 * FLAGS      APPDATA   bytes that an application sent: masked before they are stored
 *            HOSTNAME  APPDATA without case: masked as it was sent, then stored in lower case
 *            INTERNAL  for the publisher only, never written out
 * max_bytes  longest text kept (per element of an array); 0 for other kinds
 */
#define RECORD_FIELDS(X)                                                                           \
	/* envelope: written by the publisher, in this order, before all others */                 \
	X(SENSOR, "sensor", TEXT, ALL, 0, 128, "who saw it")                                       \
	X(CLUSTER, "cluster", TEXT, ALL, 0, 128, "cluster whose traffic is mirrored")              \
	X(TAP, "tap", TEXT, ALL, 0, 128, "port or feed it was seen on")                            \
	X(RULESET, "ruleset", TEXT, ALL, 0, 32, "short hash of the rule set in force")             \
	/* endpoints */                                                                            \
	X(SRC_IP, "src_ip", IP, ENDS, 0, 0, "address of who opened")                               \
	X(SRC_PORT, "src_port", UINT, ENDS, 0, 0, "port of who opened")                            \
	X(SRC_MAC, "src_mac", MAC, FLOW, 0, 0, "MAC address of who opened")                        \
	X(SRC_IDENTITY, "src_identity", TEXT, ENDS | EDGE, APPDATA, 512,                           \
	  "who that is, in one string")                                                            \
	X(SRC_IDENTITY_CONFIDENCE, "src_identity_confidence", TEXT, ENDS | EDGE, 0, 16,            \
	  "exact, window, stale, ambiguous, none")                                                 \
	X(SRC_IDENTITY_SOURCE, "src_identity_source", TEXT, ENDS | EDGE, 0, 32,                    \
	  "where the name is from")                                                                \
	X(DST_IP, "dst_ip", IP, ENDS, 0, 0, "address of who answered")                             \
	X(DST_PORT, "dst_port", UINT, ENDS | EDGE, 0, 0, "port of who answered")                   \
	X(DST_MAC, "dst_mac", MAC, FLOW, 0, 0, "MAC address of who answered")                      \
	X(DST_IDENTITY, "dst_identity", TEXT, ENDS | EDGE, APPDATA, 512,                           \
	  "who that is, in one string")                                                            \
	X(DST_IDENTITY_CONFIDENCE, "dst_identity_confidence", TEXT, ENDS | EDGE, 0, 16,            \
	  "exact, window, stale, ambiguous, none")                                                 \
	X(DST_IDENTITY_SOURCE, "dst_identity_source", TEXT, ENDS | EDGE, 0, 32,                    \
	  "where the name is from")                                                                \
	/* which flow */                                                                           \
	X(COMMUNITY_ID, "community_id", TEXT, ENDS, 0, 40, "Community ID v1, seed 0")              \
	X(FLOW_UID, "flow_uid", HEX, ENDS, 0, 16,                                                  \
	  "this flow: domain, tuple, first packet's time and seq")                                 \
	X(DOMAIN, "domain", UINT, ENDS | EDGE, 0, 0,                                               \
	  "network of its own with its own addresses, by port, VLAN or VNI; absent: 0")            \
	X(NAT_UID, "nat_uid", HEX, FLOW, 0, 8, "hash of both initial sequence numbers")            \
	X(TRANSACTION, "transaction", UINT, HTTP | LLM | MCP, 0, 0,                                \
	  "ordinal of the request, from 0")                                                        \
	X(TRANSPORT, "transport", TEXT, ENDS, 0, 16, "tcp udp icmp icmpv6 sctp gre esp ...")       \
	X(PROTOCOL, "protocol", TEXT, FLOW | FINDING, 0, 32, "what the payload speaks")            \
	X(DIRECTION, "direction", TEXT, FLOW | FINDING, 0, 16, "ingress egress east_west unknown") \
	/* flow */                                                                                 \
	X(PART, "part", UINT, FLOW, 0, 0, "ordinal of this record of the flow, from 0")            \
	X(FINAL, "final", BOOL, FLOW, 0, 0, "true on the last record of the flow")                 \
	X(START_TIME, "start_time", UINT, FLOW, 0, 0, "first packet of the flow, us")              \
	X(DURATION_US, "duration_us", UINT, FLOW | HTTP | DNS | DB | LLM | MCP, 0, 0,              \
	  "first to last packet")                                                                  \
	X(SRC_PACKETS, "src_packets", UINT, FLOW, 0, 0, "packets from who opened")                 \
	X(DST_PACKETS, "dst_packets", UINT, FLOW, 0, 0, "packets from who answered")               \
	X(SRC_BYTES, "src_bytes", UINT, FLOW, 0, 0, "whole frames as mirrored")                    \
	X(DST_BYTES, "dst_bytes", UINT, FLOW, 0, 0, "whole frames as mirrored")                    \
	X(SRC_PAYLOAD_BYTES, "src_payload_bytes", UINT, FLOW, 0, 0, "transport payload")           \
	X(DST_PAYLOAD_BYTES, "dst_payload_bytes", UINT, FLOW, 0, 0, "transport payload")           \
	X(TCP_FLAGS_SRC, "tcp_flags_src", UINT, FLOW, 0, 0, "all TCP flags seen, ORed")            \
	X(TCP_FLAGS_DST, "tcp_flags_dst", UINT, FLOW, 0, 0, "all TCP flags seen, ORed")            \
	X(END_REASON, "end_reason", TEXT, FLOW, 0, 16, "fin rst idle active evicted shutdown")     \
	X(MIDSTREAM, "midstream", BOOL, FLOW, 0, 0, "no handshake was seen")                       \
	X(ONE_SIDED, "one_sided", BOOL, FLOW, 0, 0, "packets of one direction only")               \
	X(SRC_MISSED_BYTES, "src_missed_bytes", UINT, FLOW, 0, 0, "stream bytes never seen")       \
	X(DST_MISSED_BYTES, "dst_missed_bytes", UINT, FLOW, 0, 0, "stream bytes never seen")       \
	X(SRC_OVERLAP_BYTES, "src_overlap_bytes", UINT, FLOW, 0, 0, "bytes sent more than once")   \
	X(DST_OVERLAP_BYTES, "dst_overlap_bytes", UINT, FLOW, 0, 0, "bytes sent more than once")   \
	X(OVERLAP_DIFFERS, "overlap_differs", BOOL, FLOW, 0, 0, "copies of a byte that differ")    \
	X(RETRANSMITS, "retransmits", UINT, FLOW, 0, 0, "segments already delivered")              \
	X(REJECTED, "rejected", UINT, FLOW, 0, 0, "segments that are not of the connection")       \
	X(DUPLICATES, "duplicates", UINT, FLOW, 0, 0, "second copies made by the mirror")          \
	X(FEED_MISSING, "feed_missing", TEXT, FLOW, 0, 8,                                          \
	  "src or dst: it spoke, and the mirror showed none of it")                                \
	X(FEED_ACKED_UNSEEN_BYTES, "feed_acked_unseen_bytes", UINT, FLOW, 0, 0,                    \
	  "stream bytes that the receiver acknowledged and the mirror never showed")               \
	X(FEED_TRUNCATED, "feed_truncated", UINT, FLOW, 0, 0,                                      \
	  "packets captured shorter than sent")                                                    \
	X(FEED_VLAN_SPLIT, "feed_vlan_split", BOOL, FLOW, 0, 0, "another VLAN each way")           \
	X(VLAN, "vlan", UINTS, FLOW, 0, 0, "VLAN ids, outermost first")                            \
	X(TUNNEL_STACK, "tunnel_stack", TEXTS, FLOW, 0, 48, "type:id, outermost first")            \
	X(TUNNEL_SRC_IP, "tunnel_src_ip", IP, FLOW, 0, 0, "innermost tunnel, its outer source")    \
	X(TUNNEL_DST_IP, "tunnel_dst_ip", IP, FLOW, 0, 0, "innermost tunnel, its outer target")    \
	X(SERVER_NAME, "server_name", TEXT, FLOW | LLM | FINDING, HOSTNAME, 255,                   \
	  "name of who answered")                                                                  \
	X(SERVER_NAME_SOURCE, "server_name_source", TEXT, FLOW, 0, 16,                             \
	  "sni sni_outer http_host dns ip_list")                                                   \
	X(ENCRYPTED, "encrypted", BOOL, FLOW | LLM, 0, 0, "payload is ciphertext")                 \
	X(DECRYPTED, "decrypted", BOOL, FLOW | TLS | LLM, 0, 0,                                    \
	  "read with the secrets of a key log; tls: they were there")                              \
	X(INSPECTED_BYTES, "inspected_bytes", UINT, FLOW, 0, 0, "payload that reached a parser")   \
	X(NOT_INSPECTED, "not_inspected", TEXTS, FLOW, 0, 48,                                      \
	  "reason:bytes; encrypted gap unsynced binary not_parsed budget decode_failed limit off") \
	X(SRC_STREAM_SHA256, "src_stream_sha256", HEX, FLOW, 0, 32, "of the bytes delivered")      \
	X(DST_STREAM_SHA256, "dst_stream_sha256", HEX, FLOW, 0, 32, "of the bytes delivered")      \
	/* http */                                                                                 \
	X(HTTP_VERSION, "http_version", TEXT, HTTP, 0, 8, "1.0 1.1 2 3")                           \
	X(HTTP_REQUEST_METHOD, "http_request_method", TEXT, HTTP, APPDATA, 32, "GET, POST, ...")   \
	X(URL_HOST, "url_host", TEXT, HTTP | LLM | MCP, HOSTNAME, 255, "lower case, without port") \
	X(URL_PORT, "url_port", UINT, HTTP, 0, 0, "port named by the client")                      \
	X(URL_PATH, "url_path", TEXT, HTTP | MCP, APPDATA, 2048, "path without query")             \
	X(URL_TEMPLATE, "url_template", TEXT, HTTP, APPDATA, 2048, "ids and numbers as {}")        \
	X(URL_QUERY_KEYS, "url_query_keys", TEXTS, HTTP, APPDATA, 128, "names only")               \
	X(HTTP_STATUS, "http_status", UINT, HTTP | LLM | MCP, 0, 0, "status code")                 \
	X(HTTP_REQUEST_BODY_BYTES, "http_request_body_bytes", UINT, HTTP, 0, 0, "decoded")         \
	X(HTTP_RESPONSE_BODY_BYTES, "http_response_body_bytes", UINT, HTTP, 0, 0, "decoded")       \
	X(HTTP_REQUEST_CONTENT_TYPE, "http_request_content_type", TEXT, HTTP, APPDATA, 128,        \
	  "as sent, with parameters")                                                              \
	X(HTTP_RESPONSE_CONTENT_TYPE, "http_response_content_type", TEXT, HTTP, APPDATA, 128,      \
	  "as sent, with parameters")                                                              \
	X(HTTP_RESPONSE_CONTENT_ENCODING, "http_response_content_encoding", TEXT, HTTP, APPDATA,   \
	  64, "gzip br zstd ...")                                                                  \
	X(HTTP_REQUEST_BODY_SHA256, "http_request_body_sha256", HEX, HTTP, 0, 32, "decoded body")  \
	X(HTTP_RESPONSE_BODY_SHA256, "http_response_body_sha256", HEX, HTTP, 0, 32,                \
	  "decoded body; a last chunk may be lacking")                                             \
	X(USER_AGENT, "user_agent", TEXT, HTTP, APPDATA, 512, "User-Agent")                        \
	X(AUTH_SCHEME, "auth_scheme", TEXT, HTTP, APPDATA, 32, "scheme name only")                 \
	X(TTFB_US, "ttfb_us", UINT, HTTP, 0, 0, "end of request to first byte of answer")          \
	X(STREAM_EVENTS, "stream_events", UINT, HTTP, 0, 0, "SSE events or messages")              \
	X(GRPC_SERVICE, "grpc_service", TEXT, HTTP, APPDATA, 512, "package.Service")               \
	X(GRPC_METHOD, "grpc_method", TEXT, HTTP, APPDATA, 256, "method of the service")           \
	X(GRPC_STATUS, "grpc_status", UINT, HTTP | LLM, 0, 0, "status code of gRPC")               \
	X(TRACE_ID, "trace_id", TEXT, HTTP, APPDATA, 64, "W3C trace context")                      \
	X(INCOMPLETE, "incomplete", BOOL, HTTP | DNS | DB | LLM | MCP | TLS, 0, 0,                 \
	  "part of it was not seen")                                                               \
	/* dns */                                                                                  \
	X(DNS_TRANSACTION_ID, "dns_transaction_id", UINT, DNS, 0, 0, "message id")                 \
	X(DNS_QUESTION_NAME, "dns_question_name", TEXT, DNS, HOSTNAME, 255, "lower case, no dot")  \
	X(DNS_QUESTION_TYPE, "dns_question_type", TEXT, DNS, 0, 16, "A AAAA CNAME ...")            \
	X(DNS_RCODE, "dns_rcode", TEXT, DNS, 0, 16, "NOERROR NXDOMAIN ...")                        \
	X(DNS_ANSWERS, "dns_answers", TEXTS, DNS, APPDATA, 255, "data of the answers")             \
	X(DNS_ADDRESSES, "", HEX, DNS, INTERNAL, 336,                                              \
	  "time to live, length, address, of each answer")                                         \
	X(DNS_NAMES_ONLY, "", BOOL, DNS, INTERNAL, 0, "its addresses are all that it is for")      \
	/* tls */                                                                                  \
	X(TLS_SERVER_NAME, "tls_server_name", TEXT, TLS, HOSTNAME, 255, "SNI")                     \
	X(TLS_VERSION, "tls_version", TEXT, FLOW | TLS, 0, 8, "1.0 1.1 1.2 1.3")                   \
	X(TLS_CIPHER, "tls_cipher", TEXT, TLS, 0, 64, "cipher suite chosen")                       \
	X(TLS_ALPN, "tls_alpn", TEXTS, TLS, APPDATA, 64, "offered")                                \
	X(TLS_ALPN_SELECTED, "tls_alpn_selected", TEXT, TLS, APPDATA, 64, "chosen, where visible") \
	X(TLS_RESUMED, "tls_resumed", BOOL, TLS, 0, 0, "session taken up again")                   \
	X(TLS_EARLY_DATA, "tls_early_data", BOOL, TLS, 0, 0,                                       \
	  "data sent before the handshake ended")                                                  \
	X(TLS_SUBJECT, "tls_subject", TEXT, TLS, APPDATA, 255, "server's certificate, before 1.3") \
	X(TLS_ISSUER, "tls_issuer", TEXT, TLS, APPDATA, 255, "who signed it")                      \
	X(TLS_SAN, "tls_san", TEXTS, TLS, APPDATA, 255, "its names: DNS, URI, mail, IP")           \
	X(TLS_NOT_AFTER, "tls_not_after", UINT, TLS, 0, 0, "end of its validity, us")              \
	X(QUIC_VERSION, "quic_version", TEXT, TLS, 0, 16, "1 2 draft-29 Q050 ...")                 \
	X(ALPN, "alpn", TEXT, FLOW, APPDATA, 64, "chosen, else first offered")                     \
	X(JA3, "ja3", TEXT, FLOW | TLS, 0, 32, "client fingerprint")                               \
	X(JA3S, "ja3s", TEXT, TLS, 0, 32, "server fingerprint")                                    \
	X(JA4, "ja4", TEXT, FLOW | TLS, 0, 40, "client fingerprint")                               \
	X(ECH, "ech", TEXT, FLOW | TLS, 0, 16, "none, or present (real and GREASE look alike)")    \
	/* db */                                                                                   \
	X(DB_SYSTEM, "db_system", TEXT, DB, 0, 32, "postgresql mysql redis kafka ...")             \
	X(DB_OPERATION, "db_operation", TEXT, DB, 0, 16,                                           \
	  "class: read write schema admin auth transaction publish consume other")                 \
	X(DB_STATEMENTS, "db_statements", UINT, DB, 0, 0, "operations of the class")               \
	X(DB_USER, "db_user", TEXT, DB, APPDATA, 64, "who logged in")                              \
	X(DB_NAME, "db_name", TEXT, DB, APPDATA, 64, "database, keyspace, virtual host")           \
	X(DB_TARGETS, "db_targets", TEXTS, DB, APPDATA, 128,                                       \
	  "tables, collections, key patterns, topics, queues; the first different ones")           \
	X(DB_QUERY_TEXTS, "db_query_texts", TEXTS, DB, APPDATA, 512,                               \
	  "statements, ? for each literal; the first different ones")                              \
	X(DB_ANSWERED, "db_answered", UINT, DB, 0, 0, "operations whose answer was seen")          \
	X(DB_ERRORS, "db_errors", UINT, DB, 0, 0, "of these, answered with an error")              \
	X(DB_ERROR_CODES, "db_error_codes", TEXTS, DB, APPDATA, 64, "different codes of errors")   \
	X(DB_ROWS, "db_rows", UINT, DB, 0, 0, "rows, documents, messages of the answers")          \
	X(DB_RESPONSE_US, "db_response_us", UINT, DB, 0, 0, "request to answer, summed")           \
	X(DB_RESPONSE_MAX_US, "db_response_max_us", UINT, DB, 0, 0, "the longest of these")        \
	/* llm */                                                                                  \
	X(GEN_AI_PROVIDER_NAME, "gen_ai_provider_name", TEXT, LLM, 0, 64, "who offers the model")  \
	X(GEN_AI_ENGINE, "gen_ai_engine", TEXT, LLM, 0, 64, "server software, when it says so")    \
	X(GEN_AI_CLIENT, "gen_ai_client", TEXT, LLM | MCP, 0, 64,                                  \
	  "SDK or framework, by user agent")                                                       \
	X(GEN_AI_DIALECT, "gen_ai_dialect", TEXT, LLM, 0, 64,                                      \
	  "openai.chat anthropic.messages ...")                                                    \
	X(GEN_AI_OPERATION_NAME, "gen_ai_operation_name", TEXT, LLM, 0, 64, "chat embeddings ...") \
	X(GEN_AI_REQUEST_MODEL, "gen_ai_request_model", TEXT, LLM, APPDATA, 256, "asked for")      \
	X(GEN_AI_RESPONSE_MODEL, "gen_ai_response_model", TEXT, LLM, APPDATA, 256, "answered")     \
	X(GEN_AI_REQUEST_STREAM, "gen_ai_request_stream", BOOL, LLM, 0, 0, "answer streamed")      \
	X(GEN_AI_RESPONSE_ID, "gen_ai_response_id", TEXT, LLM, APPDATA, 128, "id of the answer")   \
	X(GEN_AI_RESPONSE_CHOICES, "gen_ai_response_choices", UINT, LLM, 0, 0,                     \
	  "answers that one call got, when several")                                               \
	X(GEN_AI_RESPONSE_FINISH_REASONS, "gen_ai_response_finish_reasons", TEXTS, LLM, APPDATA,   \
	  64, "why it stopped, each answer in turn")                                               \
	X(GEN_AI_USAGE_INPUT_TOKENS, "gen_ai_usage_input_tokens", UINT, LLM | EDGE, 0, 0,          \
	  "reported")                                                                              \
	X(GEN_AI_USAGE_OUTPUT_TOKENS, "gen_ai_usage_output_tokens", UINT, LLM | EDGE, 0, 0,        \
	  "reported")                                                                              \
	X(GEN_AI_USAGE_CACHED_TOKENS, "gen_ai_usage_cached_tokens", UINT, LLM | EDGE, 0, 0,        \
	  "reported")                                                                              \
	X(ESTIMATED_INPUT_TOKENS, "estimated_input_tokens", UINT, LLM | EDGE, 0, 0,                \
	  "weir's estimate where none was reported")                                               \
	X(ESTIMATED_OUTPUT_TOKENS, "estimated_output_tokens", UINT, LLM | EDGE, 0, 0,              \
	  "weir's estimate where none was reported")                                               \
	X(USAGE_SOURCE, "usage_source", TEXT, LLM, 0, 16,                                          \
	  "reported estimated; absent when unknown")                                               \
	X(GEN_AI_TOOL_NAMES, "gen_ai_tool_names", TEXTS, LLM, APPDATA, 128, "tools called")        \
	X(GEN_AI_TOOLS_OFFERED, "gen_ai_tools_offered", UINT, LLM, 0, 0, "how many were offered")  \
	X(VECTOR_COLLECTION, "vector_collection", TEXT, LLM, APPDATA, 128,                         \
	  "collection, class, index or namespace of a vector store")                               \
	X(VECTOR_COUNT, "vector_count", UINT, LLM, 0, 0, "vectors, documents or ids sent to it")   \
	X(VECTOR_LIMIT, "vector_limit", UINT, LLM, 0, 0, "how many were asked for")                \
	X(VECTOR_RESULTS, "vector_results", UINT, LLM, 0, 0, "how many came back")                 \
	X(FILE_ID, "file_id", TEXT, LLM, APPDATA, 128,                                             \
	  "file at a model service; of a batch its requests")                                      \
	X(FILE_PURPOSE, "file_purpose", TEXT, LLM, 0, 16, "batch fine-tune assistants ...")        \
	X(FILE_BYTES, "file_bytes", UINT, LLM, 0, 0, "size of it as the service says")             \
	X(BATCH_ID, "batch_id", TEXT, LLM, APPDATA, 128, "many requests sent as one")              \
	X(BATCH_STATUS, "batch_status", TEXT, LLM, 0, 16, "in_progress completed ended ...")       \
	X(BATCH_REQUESTS, "batch_requests", UINT, LLM, 0, 0,                                       \
	  "as the service says, else counted in what went by")                                     \
	X(BATCH_COMPLETED, "batch_completed", UINT, LLM, 0, 0, "of these, answered")               \
	X(BATCH_FAILED, "batch_failed", UINT, LLM, 0, 0, "of these, failed, canceled, expired")    \
	X(MODEL_REVISION, "model_revision", TEXT, LLM, APPDATA, 128, "revision, tag, version")     \
	X(MODEL_FILE, "model_file", TEXT, LLM, APPDATA, 256, "of a download: file, digest")        \
	X(MODEL_FORMAT, "model_format", TEXT, LLM, 0, 16, "gguf safetensors pytorch")              \
	X(ATTACHMENTS, "attachments", UINT, LLM, 0, 0, "images, files, recordings in the prompt")  \
	X(PROMPT_BYTES, "prompt_bytes", UINT, LLM | EDGE, 0, 0, "decoded request body")            \
	X(COMPLETION_BYTES, "completion_bytes", UINT, LLM | EDGE, 0, 0, "decoded response body")   \
	X(DETECTED_BY, "detected_by", TEXT, FLOW | LLM | FINDING, 0, 16,                           \
	  "payload host sni dns ip shape")                                                         \
	/* what the sizes and times of ciphertext say */                                           \
	X(LLM_STREAM_LIKELY, "llm_stream_likely", BOOL, FLOW | LLM, 0, 0,                          \
	  "by their shape, a model's answers; absent when not known")                              \
	X(LLM_STREAMS, "llm_streams", UINT, FLOW, 0, 0, "such answers")                            \
	X(REQUEST_BYTES, "request_bytes", UINT, FLOW | LLM, 0, 0, "under TLS, with headers")       \
	X(RESPONSE_BYTES, "response_bytes", UINT, FLOW | LLM, 0, 0, "under TLS, with headers")     \
	X(REQUEST_BURSTS, "request_bursts", UINT, FLOW, 0, 0, "times that the client asked")       \
	X(RESPONSE_DELAYS, "response_delays", TEXTS, FLOW, 0, 24,                                  \
	  "answers by how soon they began: time up to, count")                                     \
	X(SIGNALS, "signals", TEXTS, LLM | MCP, 0, 64,                                             \
	  "rules of signals that fit: proof of nothing")                                           \
	X(SANCTIONED, "sanctioned", BOOL, LLM, 0, 0, "on the allow-list; absent without one")      \
	X(TTFT_US, "ttft_us", UINT, LLM, 0, 0, "end of request to first bytes of the answer")      \
	X(DATA_TYPES_SENT, "data_types_sent", TEXTS, LLM | MCP | FINDING | EDGE, 0, 64,            \
	  "classes found in the request")                                                          \
	X(DATA_TYPES_RECEIVED, "data_types_received", TEXTS, LLM | MCP | EDGE, 0, 64,              \
	  "classes in the answer")                                                                 \
	/* mcp */                                                                                  \
	X(MCP_PROTOCOL, "mcp_protocol", TEXT, MCP, 0, 8, "mcp a2a")                                \
	X(MCP_KIND, "mcp_kind", TEXT, MCP, 0, 16, "request notification response")                 \
	X(MCP_SENDER, "mcp_sender", TEXT, MCP, 0, 8, "client server: who began it")                \
	X(MCP_METHOD, "mcp_method", TEXT, MCP, APPDATA, 64, "tools/call resources/read ...")       \
	X(MCP_TOOL, "mcp_tool", TEXT, MCP, APPDATA, 128, "tool called")                            \
	X(MCP_RESOURCE, "mcp_resource", TEXT, MCP, APPDATA, 256, "URI read or subscribed to")      \
	X(MCP_PROMPT, "mcp_prompt", TEXT, MCP, APPDATA, 128, "prompt asked for")                   \
	X(MCP_SERVER, "mcp_server", TEXT, MCP, APPDATA, 96, "name/version, as it says")            \
	X(MCP_CLIENT, "mcp_client", TEXT, MCP, APPDATA, 96, "name/version, as it says")            \
	X(MCP_PROTOCOL_VERSION, "mcp_protocol_version", TEXT, MCP, 0, 16, "revision: a date")      \
	X(MCP_SESSION, "mcp_session", TEXT, MCP, APPDATA, 128, "Mcp-Session-Id")                   \
	X(MCP_ERROR, "mcp_error", TEXT, MCP, APPDATA, 16,                                          \
	  "code of JSON-RPC; tool: it failed; http_NNN")                                           \
	X(JSONRPC_ID, "jsonrpc_id", TEXT, MCP, APPDATA, 64, "id of the request")                   \
	X(TOOLS_DIGEST, "tools_digest", HEX, MCP, 0, 32, "SHA-256 of a tool list as tokens")       \
	X(MCP_TOOLS, "mcp_tools", TEXTS, MCP, APPDATA, 128, "names of the tools listed")           \
	X(MCP_TOOLS_LISTED, "mcp_tools_listed", UINT, MCP, 0, 0, "how many tools the list has")    \
	X(MCP_PAGED, "mcp_paged", BOOL, MCP, 0, 0, "the list comes in pages, this is one")         \
	/* what was found */                                                                       \
	X(DATA_TYPES, "data_types", TEXTS, FLOW | HTTP | DNS | TLS | DB | EDGE, 0, 64,             \
	  "classes found")                                                                         \
	X(FINDINGS, "findings", UINT, FLOW, 0, 0, "findings made on this flow")                    \
	X(AI_SERVICE, "ai_service", TEXT, FLOW | FINDING, 0, 64, "AI service recognised")          \
	/* finding */                                                                              \
	X(RULE_ID, "rule_id", TEXT, FINDING, 0, 64, "which rule")                                  \
	X(RULE_REV, "rule_rev", UINT, FINDING, 0, 0, "its revision")                               \
	X(RULE_TITLE, "rule_title", TEXT, FINDING, 0, 128, "its title")                            \
	X(DATA_TYPE, "data_type", TEXT, FINDING, 0, 64, "pci.pan, secret.github_token, ...")       \
	X(SEVERITY, "severity", TEXT, FINDING, 0, 16, "info low medium high critical")             \
	X(SEVERITY_ID, "severity_id", UINT, FINDING, 0, 0, "OCSF 1 to 5")                          \
	X(SCORE, "score", UINT, FINDING, 0, 0, "sum of the terms")                                 \
	X(SCORE_TERMS, "score_terms", TEXTS, FINDING, 0, 48, "name:+n")                            \
	X(CONFIDENCE, "confidence", TEXT, FINDING, 0, 16, "low medium high")                       \
	X(TEST_VALUE, "test_value", BOOL, FINDING, 0, 0, "a published test value")                 \
	X(COUNT, "count", UINT, FINDING, 0, 0, "how often in the window")                          \
	X(DISTINCT_VALUES, "distinct_values", UINT, FINDING, 0, 0, "how many different ones")      \
	X(FIRST_TIME, "first_time", UINT, FINDING | EDGE, 0, 0, "first seen, us")                  \
	X(LAST_TIME, "last_time", UINT, FINDING | EDGE, 0, 0, "last seen, us")                     \
	X(WHERE, "where", TEXT, FINDING, 0, 32, "buffer: http.body llm.prompt ...")                \
	X(FIELD, "field", TEXT, FINDING, APPDATA, 256, "JSON path, header or form field")          \
	X(SAMPLE_MASKED, "sample_masked", TEXT, FINDING, 0, 64, "masked form of the first")        \
	X(TOKEN_ALG, "token_alg", TEXT, FINDING, APPDATA, 16, "a JSON Web Token's algorithm")      \
	X(TOKEN_ISSUER, "token_issuer", TEXT, FINDING, APPDATA, 128, "who issued it")              \
	X(TOKEN_EXPIRES, "token_expires", UINT, FINDING, 0, 0, "until when it is good, us")        \
	X(TOKEN_IDENTITY, "token_identity", TEXT, FINDING, APPDATA, 160,                           \
	  "whose it is: namespace/ServiceAccount/name")                                            \
	X(EDGE_ID, "edge_id", HEX, FINDING | EDGE, 0, 8, "from whom to whom")                      \
	X(DST_KIND, "dst_kind", TEXT, FINDING, 0, 16, "internal external ai ai_shadow")            \
	X(REASON, "reason", TEXT, FINDING, APPDATA, 512, "one sentence for a person")              \
	X(BYTES_SENT, "bytes_sent", UINT, FINDING, 0, 0, "payload sent to the service")            \
	X(ADD_BYTES, "", UINT, FINDING, INTERNAL, 0, "summed up as bytes_sent")                    \
	X(VALUE_HASH, "", UINT, FINDING, INTERNAL, 0, "keyed hash of the value, to count them")    \
	X(THRESHOLD, "", UINT, FINDING, INTERNAL, 0, "fewer than so many are not published")       \
	X(THRESHOLD_VALUES, "", BOOL, FINDING, INTERNAL, 0, "that counts distinct values")         \
	/* edge */                                                                                 \
	X(AI_SERVICES, "ai_services", TEXTS, EDGE, 0, 64, "who offers the model, else the engine") \
	X(MODELS, "models", TEXTS, EDGE, APPDATA, 256, "asked for, else answered")                 \
	X(CALLS, "calls", UINT, EDGE, 0, 0, "model calls")                                         \
	X(ERRORS, "errors", UINT, EDGE, 0, 0, "of these, answered with a status of 400 or more")   \
	X(CALLS_WITHOUT_USAGE, "calls_without_usage", UINT, EDGE, 0, 0,                            \
	  "of these, whose answers told no tokens")                                                \
	X(BYTES, "bytes", UINT, EDGE, 0, 0, "both ways")                                           \
	X(COUNTED_SINCE, "counted_since", UINT, EDGE, 0, 0, "the sums begin here, us")             \
	X(STATE, "state", TEXT, EDGE, 0, 8, "new active")                                          \
	/* stats: names come with the counters */                                                  \
	X(COUNTER, "", COUNTER, STATS, 0, 64, "a counter by its own name")
