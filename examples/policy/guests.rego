# The same policy as guests.jq, for Open Policy Agent and Conftest:
#
#   conftest test --policy guests.rego plan.json
#   opa eval --data guests.rego --input plan.json data.main.deny
package main

import rego.v1

guests contains change if {
	some change in input.resource_changes
	change.type == "lodge_guest"
}

# Its labels: those that it has, not those that it is to get.
labels(change) := change.change.before.labels if change.change.before != null

labels(change) := change.change.after.labels if change.change.before == null

loses_data(change) if "delete" in change.change.actions

loses_data(change) if change.impact == "destroy"

# Monday to Friday from 8 to 18 o'clock UTC, when the plan was made.
working_hours if {
	at := time.parse_rfc3339_ns(input.timestamp)
	not time.weekday(at) in {"Saturday", "Sunday"}
	[hour, _, _] := time.clock(at)
	hour >= 8
	hour < 18
}

deny contains message if {
	some change in guests
	labels(change).tier == "db"
	loses_data(change)
	message := sprintf("%s is labelled tier=db: it must not be destroyed, replaced or lose data", [change.address])
}

deny contains message if {
	working_hours
	some change in guests
	labels(change).restart == "after-hours"
	change.impact in {"restart", "replace", "destroy"}
	message := sprintf("%s is labelled restart=after-hours: it must not go down in working hours", [change.address])
}

deny contains message if {
	some host in input.capacity
	host.peak.memory > host.allocatable.memory * 0.9
	message := sprintf(
		"host.%s peaks at %v bytes of memory: more than 90%% of %v",
		[host.host, host.peak.memory, host.allocatable.memory],
	)
}
