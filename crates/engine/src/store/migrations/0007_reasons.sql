-- works from: 1
-- Why a host is not reached, and why a run ended as it did, as a message with its arguments, so that pages say it in the
-- reader's language. The text beside it stays: it is what counts where an older program has written it alone.

ALTER TABLE hosts ADD COLUMN state_message TEXT;
ALTER TABLE runs ADD COLUMN reason_message TEXT;
