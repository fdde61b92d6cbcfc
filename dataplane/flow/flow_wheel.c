/*
 * Ageing of the flow table: timeouts, the wheel's slots, and the end of what is due. See
 * flow_table.h.
 */
#include "dataplane/flow/flow_table_state.h"

static uint64_t
tcp_timeout_us(const struct flow_timeouts *timeouts, enum tcp_state state)
{
	switch (state) {
	case TCP_STATE_SYN:
		return timeouts->half_open_us;
	case TCP_STATE_CLOSED:
		return timeouts->linger_us;
	case TCP_STATE_NONE:
	case TCP_STATE_OPEN:
		break;
	}
	return timeouts->tcp_idle_us;
}

static uint64_t
timeout_us(const struct flow_table *t, const struct flow_head *head)
{
	const struct flow_timeouts *timeouts = &t->config.timeouts;

	if (head->key.proto == IP_PROTO_UDP)
		return timeouts->udp_idle_us;
	if (head->key.proto != IP_PROTO_TCP)
		return timeouts->other_idle_us;
	return tcp_timeout_us(timeouts, (enum tcp_state)head->tcp_state);
}

uint64_t
flow_deadline(const struct flow_table *t, const struct flow_head *head)
{
	return head->last_order_us + timeout_us(t, head);
}

bool
flow_expired(const struct flow_table *t, const struct flow_head *head, const struct packet *p)
{
	uint64_t timeout = timeout_us(t, head);

	return p->order_us - head->last_order_us > timeout ||
	       (p->time_us > head->last_us && p->time_us - head->last_us > timeout);
}

void
flow_wheel_unlink(struct flow_table *t, struct flow_head *head)
{
	if ((head->wheel_prev & (HALF_OPEN | SLOT)) == SLOT)
		t->wheel[head->wheel_prev & ~SLOT] = head->wheel_next;
	else
		entry_head(t, head->wheel_prev)->wheel_next = head->wheel_next;
	if (head->wheel_next != NONE)
		entry_head(t, head->wheel_next)->wheel_prev = head->wheel_prev;
}

/* A deadline beyond the wheel waits in its last slot and is looked at again there. */
void
flow_wheel_link(struct flow_table *t, uint32_t id)
{
	struct flow_head *head = entry_head(t, id);
	uint64_t tick = flow_deadline(t, head) / FLOW_TICK_US;
	uint32_t slot;

	if (tick < t->wheel_tick)
		tick = t->wheel_tick;
	if (tick - t->wheel_tick >= WHEEL_SLOTS)
		tick = t->wheel_tick + WHEEL_SLOTS - 1;
	slot = (uint32_t)(tick % WHEEL_SLOTS);
	head->wheel_prev = slot | SLOT;
	head->wheel_next = t->wheel[slot];
	if (head->wheel_next != NONE)
		entry_head(t, head->wheel_next)->wheel_prev = id;
	t->wheel[slot] = id;
}

void
flow_table_reschedule(struct flow_table *t, struct flow *flow, enum tcp_state was)
{
	const struct flow_timeouts *timeouts = &t->config.timeouts;

	if (tcp_timeout_us(timeouts, was) <=
	    tcp_timeout_us(timeouts, (enum tcp_state)flow->head.tcp_state))
		return;
	flow_wheel_unlink(t, &flow->head);
	flow_wheel_link(t, flow_table_id(t, flow));
}

void
flow_wheel_start(struct flow_table *t, const struct packet *p)
{
	if (t->wheel_started)
		return;
	t->wheel_started = true;
	t->wheel_tick = p->order_us / FLOW_TICK_US;
}

static enum flow_end
end_by_time(const struct flow_table *t, uint32_t id)
{
	/* A half-open one's own is found when it is read out. */
	return entry_is_half_open(id) ? FLOW_END_IDLE : (enum flow_end)t->flows[id].head.end;
}

static void
end_entry(struct flow_table *t, uint32_t id, enum flow_end how, uint64_t end_us)
{
	if (entry_is_half_open(id))
		flow_table_end_half_open(t, &t->half_opens[id & ~HALF_OPEN], how, end_us);
	else
		flow_table_end(t, &t->flows[id], how, end_us);
}

/* Ends or moves every entry of one slot. One moved into the same slot again is not met twice. */
static void
turn_slot(struct flow_table *t, uint32_t slot, uint64_t before_us)
{
	uint32_t id = t->wheel[slot];

	t->wheel[slot] = NONE;
	while (id != NONE) {
		uint64_t deadline = flow_deadline(t, entry_head(t, id));
		uint32_t next = entry_head(t, id)->wheel_next;

		if (next != NONE)
			__builtin_prefetch(entry_head(t, next));
		flow_wheel_link(t, id);
		if (deadline < before_us)
			end_entry(t, id, end_by_time(t, id), deadline);
		id = next;
	}
}

uint64_t
flow_table_advance(struct flow_table *t, uint64_t now_us)
{
	uint64_t now_tick = now_us / FLOW_TICK_US;

	if (!t->wheel_started)
		return now_tick * FLOW_TICK_US;
	/* After a jump of the clock one full turn meets every flow. */
	if (now_tick > t->wheel_tick + WHEEL_SLOTS)
		t->wheel_tick = now_tick - WHEEL_SLOTS;
	while (t->wheel_tick < now_tick) {
		uint32_t slot = (uint32_t)(t->wheel_tick % WHEEL_SLOTS);

		t->wheel_tick++;
		turn_slot(t, slot, t->wheel_tick * FLOW_TICK_US);
	}
	return t->wheel_tick * FLOW_TICK_US;
}

static void
end_for_good(struct flow_table *t, uint32_t id, uint64_t now_us, uint64_t input_end_us)
{
	uint64_t end_us = flow_deadline(t, entry_head(t, id));
	enum flow_end how = end_by_time(t, id);

	if (how == FLOW_END_IDLE && end_us >= input_end_us)
		how = FLOW_END_SHUTDOWN;
	end_entry(t, id, how, end_us < now_us ? end_us : now_us);
}

void
flow_table_end_all(struct flow_table *t, uint64_t now_us, uint64_t input_end_us)
{
	for (uint32_t i = 0; i < t->flow_pool.nr_carved; i++) {
		if (t->flows[i].head.in_use)
			end_for_good(t, i, now_us, input_end_us);
	}
	for (uint32_t i = 0; i < t->half_open_pool.nr_carved; i++) {
		if (t->half_opens[i].head.in_use)
			end_for_good(t, i | HALF_OPEN, now_us, input_end_us);
	}
}
