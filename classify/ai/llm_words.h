/*
 * The JSON keys that matter in model calls, of every dialect, as the vocabulary of json_walk.
 *
 * The id of a key is its place in the list. The ids are spelt as the keys are on the wire
 * (K_inputTokens beside K_input_tokens), because upper case would make two different keys look
 * alike.
 */
#ifndef WEIR_LLM_WORDS_H
#define WEIR_LLM_WORDS_H

#include "classify/proto/json_walk.h"

/* clang-format off */
#define LLM_WORDS(X) \
	X(action, "action") \
	X(alternatives, "alternatives") \
	X(invocationMetrics, "amazon-bedrock-invocationMetrics") \
	X(anthropic_version, "anthropic_version") \
	X(args, "args") \
	X(arguments, "arguments") \
	X(audio, "audio") \
	X(b64_json, "b64_json") \
	X(background, "background") \
	X(billed_units, "billed_units") \
	X(body, "body") \
	X(bytes, "bytes") \
	X(bytesBase64Encoded, "bytesBase64Encoded") \
	X(cacheReadInputTokens, "cacheReadInputTokens") \
	X(cache_n, "cache_n") \
	X(cache_read_input_tokens, "cache_read_input_tokens") \
	X(cachedContent, "cachedContent") \
	X(cachedContentTokenCount, "cachedContentTokenCount") \
	X(cached_tokens, "cached_tokens") \
	X(canceled, "canceled") \
	X(candidates, "candidates") \
	X(candidatesTokenCount, "candidatesTokenCount") \
	X(category_scores, "category_scores") \
	X(channels, "channels") \
	X(chatHistory, "chatHistory") \
	X(chatRequest, "chatRequest") \
	X(chatResponse, "chatResponse") \
	X(chat_history, "chat_history") \
	X(choices, "choices") \
	X(clientContent, "clientContent") \
	X(completed, "completed") \
	X(completion, "completion") \
	X(completionReason, "completionReason") \
	X(completionTokens, "completionTokens") \
	X(completion_tokens, "completion_tokens") \
	X(completion_window, "completion_window") \
	X(content, "content") \
	X(contentBlockDelta, "contentBlockDelta") \
	X(contentBlockStart, "contentBlockStart") \
	X(content_block, "content_block") \
	X(contents, "contents") \
	X(conversation, "conversation") \
	X(custom, "custom") \
	X(custom_id, "custom_id") \
	X(data, "data") \
	X(datatype, "datatype") \
	X(delta, "delta") \
	X(details, "details") \
	X(document, "document") \
	X(document_annotation, "document_annotation") \
	X(document_url, "document_url") \
	X(documents, "documents") \
	X(done, "done") \
	X(done_reason, "done_reason") \
	X(embedding, "embedding") \
	X(embeddings, "embeddings") \
	X(error, "error") \
	X(errored, "errored") \
	X(eval_count, "eval_count") \
	X(expired, "expired") \
	X(failed, "failed") \
	X(file, "file") \
	X(fileData, "fileData") \
	X(file_data, "file_data") \
	X(file_id, "file_id") \
	X(file_url, "file_url") \
	X(finishReason, "finishReason") \
	X(finish_reason, "finish_reason") \
	X(flagged, "flagged") \
	X(format, "format") \
	X(function, "function") \
	X(functionCall, "functionCall") \
	X(functionCalls, "functionCalls") \
	X(functionDeclarations, "functionDeclarations") \
	X(functionResponse, "functionResponse") \
	X(function_call, "function_call") \
	X(function_declarations, "function_declarations") \
	X(function_response, "function_response") \
	X(functions, "functions") \
	X(generated_text, "generated_text") \
	X(generated_token_count, "generated_token_count") \
	X(generated_tokens, "generated_tokens") \
	X(generation, "generation") \
	X(generationConfig, "generationConfig") \
	X(generation_config, "generation_config") \
	X(generation_token_count, "generation_token_count") \
	X(id, "id") \
	X(image, "image") \
	X(image_url, "image_url") \
	X(images, "images") \
	X(incomplete_details, "incomplete_details") \
	X(index, "index") \
	X(inferenceConfig, "inferenceConfig") \
	X(inlineData, "inlineData") \
	X(inline_data, "inline_data") \
	X(input, "input") \
	X(inputText, "inputText") \
	X(inputTextTokenCount, "inputTextTokenCount") \
	X(inputTokenCount, "inputTokenCount") \
	X(inputTokens, "inputTokens") \
	X(input_audio, "input_audio") \
	X(input_file_id, "input_file_id") \
	X(input_schema, "input_schema") \
	X(input_token_count, "input_token_count") \
	X(input_token_details, "input_token_details") \
	X(input_tokens, "input_tokens") \
	X(input_tokens_details, "input_tokens_details") \
	X(inputs, "inputs") \
	X(instances, "instances") \
	X(instructions, "instructions") \
	X(interaction, "interaction") \
	X(item, "item") \
	X(markdown, "markdown") \
	X(max_completion_tokens, "max_completion_tokens") \
	X(max_gen_len, "max_gen_len") \
	X(max_new_tokens, "max_new_tokens") \
	X(max_output_tokens, "max_output_tokens") \
	X(max_tokens, "max_tokens") \
	X(max_tokens_to_sample, "max_tokens_to_sample") \
	X(mcp_servers, "mcp_servers") \
	X(message, "message") \
	X(messageStop, "messageStop") \
	X(messages, "messages") \
	X(meta, "meta") \
	X(meta_info, "meta_info") \
	X(metadata, "metadata") \
	X(model, "model") \
	X(modelId, "modelId") \
	X(modelTurn, "modelTurn") \
	X(modelVersion, "modelVersion") \
	X(model_id, "model_id") \
	X(model_name, "model_name") \
	X(model_version, "model_version") \
	X(n_predict, "n_predict") \
	X(name, "name") \
	X(object, "object") \
	X(operation, "operation") \
	X(output, "output") \
	X(outputText, "outputText") \
	X(outputTokenCount, "outputTokenCount") \
	X(outputTokens, "outputTokens") \
	X(output_tokens, "output_tokens") \
	X(outputs, "outputs") \
	X(pages, "pages") \
	X(parameters, "parameters") \
	X(params, "params") \
	X(partial_json, "partial_json") \
	X(parts, "parts") \
	X(preamble, "preamble") \
	X(predicted_n, "predicted_n") \
	X(predictions, "predictions") \
	X(previous_response_id, "previous_response_id") \
	X(processing, "processing") \
	X(processing_status, "processing_status") \
	X(prompt, "prompt") \
	X(promptTokenCount, "promptTokenCount") \
	X(promptTokens, "promptTokens") \
	X(prompt_cache_hit_tokens, "prompt_cache_hit_tokens") \
	X(prompt_eval_count, "prompt_eval_count") \
	X(prompt_n, "prompt_n") \
	X(prompt_token_count, "prompt_token_count") \
	X(prompt_tokens, "prompt_tokens") \
	X(prompt_tokens_details, "prompt_tokens_details") \
	X(query, "query") \
	X(reason, "reason") \
	X(reasoning, "reasoning") \
	X(reasoningContent, "reasoningContent") \
	X(reasoning_content, "reasoning_content") \
	X(refusal, "refusal") \
	X(relevance_score, "relevance_score") \
	X(request_counts, "request_counts") \
	X(requests, "requests") \
	X(response, "response") \
	X(responseId, "responseId") \
	X(responseSchema, "responseSchema") \
	X(responseTokenCount, "responseTokenCount") \
	X(response_format, "response_format") \
	X(response_id, "response_id") \
	X(result, "result") \
	X(results, "results") \
	X(role, "role") \
	X(sampling_params, "sampling_params") \
	X(score, "score") \
	X(serverContent, "serverContent") \
	X(servingMode, "servingMode") \
	X(session, "session") \
	X(setup, "setup") \
	X(size_bytes, "size_bytes") \
	X(source, "source") \
	X(start, "start") \
	X(statistics, "statistics") \
	X(status, "status") \
	X(status_code, "status_code") \
	X(stopReason, "stopReason") \
	X(stop_reason, "stop_reason") \
	X(stream, "stream") \
	X(succeeded, "succeeded") \
	X(summary_text, "summary_text") \
	X(system, "system") \
	X(systemInstruction, "systemInstruction") \
	X(system_fingerprint, "system_fingerprint") \
	X(system_instruction, "system_instruction") \
	X(text, "text") \
	X(textGenerationConfig, "textGenerationConfig") \
	X(text_input, "text_input") \
	X(text_output, "text_output") \
	X(texts, "texts") \
	X(thinking, "thinking") \
	X(timings, "timings") \
	X(token, "token") \
	X(tokenCount, "tokenCount") \
	X(token_count, "token_count") \
	X(tokens, "tokens") \
	X(tokens_evaluated, "tokens_evaluated") \
	X(tokens_predicted, "tokens_predicted") \
	X(toolCall, "toolCall") \
	X(toolConfig, "toolConfig") \
	X(toolResult, "toolResult") \
	X(toolSpec, "toolSpec") \
	X(toolUse, "toolUse") \
	X(tool_calls, "tool_calls") \
	X(tool_plan, "tool_plan") \
	X(tools, "tools") \
	X(total, "total") \
	X(total_input_tokens, "total_input_tokens") \
	X(total_output_tokens, "total_output_tokens") \
	X(total_tokens, "total_tokens") \
	X(transcript, "transcript") \
	X(translation_text, "translation_text") \
	X(turns, "turns") \
	X(type, "type") \
	X(url, "url") \
	X(usage, "usage") \
	X(usageMetadata, "usageMetadata") \
	X(video, "video") \
	X(x_groq, "x_groq")
/* clang-format on */

enum {
	LLM_BEFORE_FIRST_WORD = JSON_FIRST_WORD - 1,
#define X(id, word) K_##id,
	LLM_WORDS(X)
#undef X
};

extern const struct json_vocabulary llm_vocabulary;

/* Short, because the case labels that use it are long. */
#define AT   JSON_PATH
#define ITEM JSON_ITEM

#endif
