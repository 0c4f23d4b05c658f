"""The colours of a picture that stands alone, by day and by night."""

STYLE = """\
.flow-picture { background: #f7f8fa; }
.paper { fill: #f7f8fa; }
text { fill: #1b1f27; font-size: 11px; }
.line { fill: none; stroke: #a3adbd; stroke-width: 1.5; }
.head { fill: #7f8a9c; }
.way.back .line { stroke: #6d63d6; }
.way.back .head { fill: #6d63d6; }
.way.jump .line, .way.start .line { stroke: #c3cad6; }
.way.timeout .line { stroke: #a86a00; stroke-dasharray: 6 4; }
.way.timeout .head { fill: #a86a00; }
.way.error .line { stroke: #c2303b; stroke-dasharray: 2 3; }
.way.error .head { fill: #c2303b; }
.tag .label { fill: #4a5363; }
.tag .target { fill: #4a5363; font-weight: 600; }
.tag-back { fill: #ffffff; stroke: #b3bccb; }
.timeout .tag-back { stroke: #a86a00; stroke-dasharray: 4 3; }
.tag.timeout text { fill: #8a5800; }
.error .tag-back { stroke: #c2303b; stroke-dasharray: 2 3; }
.tag.error text { fill: #b02430; }
.start .tag-back { fill: #e3f4f1; stroke: #0f8a7a; }
.tag.start text { fill: #0b6a5e; }
.tag.back .label { fill: #5046b8; }
.halo { fill: none; stroke: none; }
.box { fill: #ffffff; stroke: #b3bccb; stroke-width: 1.4; }
.inner { fill: none; stroke: #b3bccb; }
.initial .box { stroke: #5a4bd8; stroke-width: 2; }
.undefined .box, .undefined .inner { stroke: #c2303b; stroke-dasharray: 5 4; }
.node-name { font-size: 13px; font-weight: 650; }
.node-text { fill: #5b6473; font-size: 11.5px; }
.node-text.quiet { font-style: italic; }
.node-flag { fill: #5b6473; font-size: 14px; font-weight: 700; }
.badge { fill: #ffffff; stroke: #b3bccb; }
.badge.live { fill: #5a4bd8; stroke: #5a4bd8; }
.badge.lost { fill: #fbe6e7; stroke: #c2303b; }
.count { font-size: 10px; font-weight: 650; }
.count.live { fill: #ffffff; }
.count.lost { fill: #a11d28; }
@media (prefers-color-scheme: dark) {
.flow-picture { background: #14171c; }
.paper { fill: #14171c; }
text { fill: #e7eaf0; }
.line { stroke: #5a6475; }
.head { fill: #7f8a9c; }
.way.back .line { stroke: #9d94ff; }
.way.back .head { fill: #9d94ff; }
.way.jump .line, .way.start .line { stroke: #414958; }
.way.timeout .line { stroke: #d9a441; }
.way.timeout .head { fill: #d9a441; }
.way.error .line { stroke: #ff7b85; }
.way.error .head { fill: #ff7b85; }
.tag .label, .tag .target { fill: #aab3c2; }
.tag-back { fill: #1c2027; stroke: #4b5463; }
.timeout .tag-back { stroke: #d9a441; }
.tag.timeout text { fill: #e4b860; }
.error .tag-back { stroke: #ff7b85; }
.tag.error text { fill: #ff9aa2; }
.start .tag-back { fill: #10302c; stroke: #3fd0bd; }
.tag.start text { fill: #6fe0d1; }
.tag.back .label { fill: #b8b1ff; }
.box { fill: #1c2027; stroke: #4b5463; }
.inner { stroke: #4b5463; }
.initial .box { stroke: #a79eff; }
.undefined .box, .undefined .inner { stroke: #ff7b85; }
.node-text, .node-flag { fill: #9aa4b4; }
.badge { fill: #1c2027; stroke: #4b5463; }
.badge.live { fill: #a79eff; stroke: #a79eff; }
.badge.lost { fill: #3a1519; stroke: #ff7b85; }
.count.live { fill: #14171c; }
.count.lost { fill: #ff9aa2; }
}
"""
