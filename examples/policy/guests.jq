# What no plan may do, as a list of reasons: empty where the plan is fine.
#
#   lodge plan -f fleet --output json | jq -f guests.jq
#
# Add `-e` and ` | length == 0` for a pipeline:  jq -ef guests.jq plan.json  ends with 0 and prints true or a list.

def gib: . / 1073741824 * 10 | floor / 10 | "\(.)GiB";

# Its labels: those that it has, not those that it is to get.
def labels: (.change.before // .change.after).labels // {};
def goes_down: .impact == "restart" or .impact == "replace" or .impact == "destroy";

# Monday to Friday from 8 to 18 o'clock UTC, when the plan was made.
def working_hours:
  (.timestamp | fromdateiso8601 | gmtime | mktime) as $at
  | ($at | strftime("%H") | tonumber) as $hour
  | ($at | strftime("%u") | tonumber) as $day
  | $day <= 5 and $hour >= 8 and $hour < 18;

. as $plan
| [
    (.resource_changes[]
      | select(.type == "lodge_guest" and labels.tier == "db")
      | select((.change.actions | index("delete")) or .impact == "destroy")
      | "\(.address) is labelled tier=db: it must not be destroyed, replaced or lose data"),

    (.resource_changes[]
      | select(.type == "lodge_guest" and labels.restart == "after-hours" and goes_down)
      | select($plan | working_hours)
      | "\(.address) is labelled restart=after-hours: it must not go down in working hours"),

    (.capacity[]
      | select(.peak.memory > .allocatable.memory * 0.9)
      | "host.\(.host) peaks at \(.peak.memory | gib) of memory: more than 90% of \(.allocatable.memory | gib)")
  ]
