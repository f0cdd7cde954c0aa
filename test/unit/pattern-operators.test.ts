import { describe, expect, test } from '@jest/globals';
import { matches } from '../../src/recovery/pattern/match.ts';
import { compiledPattern } from '../support/compiled-pattern.ts';

/**
 * Each form of each operator that the EventBridge user guide shows, in the order of its page "Comparison operators for use in
 * event patterns", then the pages on empty, null and listed values: what is said, its pattern, and events that do and do not match.
 */
const SHOWN: readonly (readonly [string, object, readonly object[], readonly object[]])[] = [
  [
    'two fields together',
    { Location: ['New York'], Day: ['Monday'] },
    [{ Location: 'New York', Day: 'Monday' }],
    [{ Location: 'New York', Day: 'Tuesday' }, { Day: 'Monday' }],
  ],
  ['an exact text', { Name: ['Alice'] }, [{ Name: 'Alice' }], [{ Name: 'alice' }, { Name: 'Alice ' }]],
  [
    'one text or another',
    { PaymentType: ['Credit', 'Debit'] },
    [{ PaymentType: 'Credit' }, { PaymentType: 'Debit' }],
    [{ PaymentType: 'Cash' }],
  ],
  [
    'one field or another',
    { $or: [{ Location: ['New York'] }, { Day: ['Monday'] }] },
    [{ Location: 'New York' }, { Location: 'Rome', Day: 'Monday' }],
    [{ Location: 'Rome', Day: 'Friday' }],
  ],
  [
    'prefix',
    { time: [{ prefix: '2017-10-02' }] },
    [{ time: '2017-10-02T18:43:48Z' }],
    [{ time: '2017-10-03T00:00:00Z' }],
  ],
  [
    'prefix in any case',
    { detail: { service: [{ prefix: { 'equals-ignore-case': 'EventB' } }] } },
    [{ detail: { service: 'EVENTBridge' } }, { detail: { service: 'eventb' } }],
    [{ detail: { service: 'even' } }],
  ],
  ['suffix', { FileName: [{ suffix: '.png' }] }, [{ FileName: 'a.png' }], [{ FileName: 'a.PNG' }]],
  [
    'suffix in any case',
    { detail: { FileName: [{ suffix: { 'equals-ignore-case': '.png' } }] } },
    [{ detail: { FileName: 'a.PNG' } }, { detail: { FileName: 'a.Png' } }],
    [{ detail: { FileName: 'a.jpg' } }],
  ],
  [
    'anything-but a text',
    { detail: { state: [{ 'anything-but': 'initializing' }] } },
    [{ detail: { state: 'running' } }],
    [{ detail: { state: 'initializing' } }, { detail: {} }],
  ],
  [
    'anything-but a number',
    { detail: { 'x-limit': [{ 'anything-but': 123 }] } },
    [{ detail: { 'x-limit': 124 } }, { detail: { 'x-limit': '123' } }],
    [{ detail: { 'x-limit': 123 } }, { detail: { 'x-limit': 1.23e2 } }],
  ],
  [
    'anything-but texts',
    { detail: { state: [{ 'anything-but': ['stopped', 'overloaded'] }] } },
    [{ detail: { state: 'running' } }],
    [{ detail: { state: 'stopped' } }, { detail: { state: 'overloaded' } }],
  ],
  [
    'anything-but numbers',
    { detail: { 'x-limit': [{ 'anything-but': [100, 200, 300] }] } },
    [{ detail: { 'x-limit': 101 } }],
    [{ detail: { 'x-limit': 100 } }, { detail: { 'x-limit': 300 } }],
  ],
  [
    'anything-but a text in any case',
    { detail: { state: [{ 'anything-but': { 'equals-ignore-case': 'initializing' } }] } },
    [{ detail: { state: 'running' } }],
    [{ detail: { state: 'INITIALIZING' } }],
  ],
  [
    'anything-but texts in any case',
    { detail: { state: [{ 'anything-but': { 'equals-ignore-case': ['initializing', 'stopped'] } }] } },
    [{ detail: { state: 'running' } }],
    [{ detail: { state: 'Initializing' } }, { detail: { state: 'STOPPED' } }],
  ],
  [
    'anything-but a prefix',
    { detail: { state: [{ 'anything-but': { prefix: 'init' } }] } },
    [{ detail: { state: 'running' } }],
    [{ detail: { state: 'initializing' } }],
  ],
  [
    'anything-but prefixes',
    { detail: { state: [{ 'anything-but': { prefix: ['init', 'error'] } }] } },
    [{ detail: { state: 'running' } }],
    [{ detail: { state: 'initializing' } }, { detail: { state: 'error-7' } }],
  ],
  [
    'anything-but a suffix',
    { detail: { FileName: [{ 'anything-but': { suffix: '.txt' } }] } },
    [{ detail: { FileName: 'a.rtf' } }],
    [{ detail: { FileName: 'a.txt' } }],
  ],
  [
    'anything-but suffixes',
    { detail: { FileName: [{ 'anything-but': { suffix: ['.txt', '.rtf'] } }] } },
    [{ detail: { FileName: 'a.png' } }],
    [{ detail: { FileName: 'a.txt' } }, { detail: { FileName: 'a.rtf' } }],
  ],
  [
    'anything-but a wildcard',
    { detail: { FilePath: [{ 'anything-but': { wildcard: '*/lib/*' } }] } },
    [{ detail: { FilePath: 'usr/bin/x' } }],
    [{ detail: { FilePath: 'usr/lib/x' } }],
  ],
  [
    'anything-but wildcards',
    { detail: { FilePath: [{ 'anything-but': { wildcard: ['*/lib/*', '*/bin/*'] } }] } },
    [{ detail: { FilePath: 'usr/share/x' } }],
    [{ detail: { FilePath: 'usr/lib/x' } }, { detail: { FilePath: 'usr/bin/x' } }],
  ],
  [
    'numeric ranges, open and closed, and a number written otherwise',
    {
      detail: {
        'c-count': [{ numeric: ['>', 0, '<=', 5] }],
        'd-count': [{ numeric: ['<', 10] }],
        'x-limit': [{ numeric: ['=', 3.018e2] }],
      },
    },
    [{ detail: { 'c-count': 5, 'd-count': 9.5, 'x-limit': 301.8 } }],
    [
      { detail: { 'c-count': 0, 'd-count': 9.5, 'x-limit': 301.8 } },
      { detail: { 'c-count': 5, 'd-count': 10, 'x-limit': 301.8 } },
      { detail: { 'c-count': 5, 'd-count': 9.5, 'x-limit': '301.8' } },
    ],
  ],
  [
    'a number between two others',
    { Price: [{ numeric: ['>', 10, '<=', 20] }] },
    [{ Price: 20 }, { Price: 10.000001 }],
    [{ Price: 10 }, { Price: 20.000001 }],
  ],
  [
    'a range of IPv4 addresses',
    { detail: { sourceIPAddress: [{ cidr: '10.0.0.0/24' }] } },
    [{ detail: { sourceIPAddress: '10.0.0.255' } }],
    [{ detail: { sourceIPAddress: '10.0.1.0' } }],
  ],
  [
    'a range of IPv6 addresses',
    { detail: { sourceIPAddress: [{ cidr: '2001:db8:1234::/48' }] } },
    [{ detail: { sourceIPAddress: '2001:0DB8:1234:ffff::1' } }],
    [{ detail: { sourceIPAddress: '2001:db8:1235::1' } }],
  ],
  [
    'presence',
    { detail: { state: [{ exists: true }] } },
    [{ detail: { state: null } }, { detail: { state: '' } }],
    [{ detail: { other: 1 } }, { detail: { state: { name: 'x' } } }],
  ],
  [
    'absence, beside a field that is there',
    { 'detail-type': ['EC2 Instance State-change Notification'], detail: { 'c-count': [{ exists: false }] } },
    [
      { 'detail-type': 'EC2 Instance State-change Notification', detail: { state: 'running' } },
      // Of leaves only: an object is none.
      { 'detail-type': 'EC2 Instance State-change Notification', detail: { 'c-count': { c1: 100 } } },
    ],
    [{ 'detail-type': 'EC2 Instance State-change Notification', detail: { 'c-count': 1 } }],
  ],
  [
    'a text in any case',
    { 'detail-type': [{ 'equals-ignore-case': 'ec2 instance state-change notification' }] },
    [{ 'detail-type': 'EC2 Instance State-change Notification' }],
    [{ 'detail-type': 'EC2 Instance' }],
  ],
  [
    'a wildcard within a path',
    { FileName: [{ wildcard: 'dir/*.png' }] },
    [{ FileName: 'dir/sub/a.png' }],
    [{ FileName: 'dir/a.png.txt' }],
  ],
  [
    'a wildcard at the end of an ARN',
    { EventBusArn: [{ wildcard: 'arn:aws:events:eu-west-1:000000000000:event-bus/*' }] },
    [{ EventBusArn: 'arn:aws:events:eu-west-1:000000000000:event-bus/orders' }],
    [{ EventBusArn: 'arn:aws:events:eu-west-1:000000000001:event-bus/orders' }],
  ],
  [
    'several wildcards',
    { FilePath: [{ wildcard: '*/bin/*/x*' }] },
    [{ FilePath: 'usr/bin/a/xy' }],
    [{ FilePath: 'usr/bin/xy' }],
  ],
  [
    'a star that is none',
    { FileName: [{ wildcard: '2\\*3' }] },
    [{ FileName: '2*3' }],
    [{ FileName: '2x3' }],
  ],
  [
    'several operators in one pattern',
    {
      time: [{ prefix: '2017-10-02' }],
      detail: {
        state: [{ 'anything-but': 'initializing' }],
        'c-count': [{ numeric: ['>', 0, '<=', 5] }],
        'd-count': [{ numeric: ['<', 10] }],
        'x-limit': [{ 'anything-but': [100, 200, 300] }],
      },
    },
    [
      {
        time: '2017-10-02T16:24:49Z',
        detail: { state: 'running', 'c-count': 5, 'd-count': 3, 'x-limit': 301.8 },
      },
    ],
    [
      {
        time: '2017-10-02T16:24:49Z',
        detail: { state: 'running', 'c-count': 5, 'd-count': 3, 'x-limit': 300 },
      },
    ],
  ],
  [
    'operators in alternatives',
    {
      detail: {
        $or: [
          { 'c-count': [{ numeric: ['>', 0, '<=', 5] }] },
          { 'd-count': [{ numeric: ['<', 10] }] },
          { 'x-limit': [{ numeric: ['=', 3.018e2] }] },
        ],
      },
    },
    [{ detail: { 'd-count': 3 } }, { detail: { 'c-count': 9, 'x-limit': 301.8 } }],
    [{ detail: { 'c-count': 9, 'd-count': 10, 'x-limit': 1 } }],
  ],
  [
    'alternatives beside a field, one of which has alternatives of its own',
    {
      source: ['aws.cloudwatch'],
      $or: [
        { metricName: ['CPUUtilization', 'ReadLatency'] },
        { metricType: ['MetricType'], $or: [{ metricId: [1234] }, { spaceId: [1000] }] },
        { scope: ['Service'] },
      ],
    },
    [
      { source: 'aws.cloudwatch', metricName: 'ReadLatency' },
      { source: 'aws.cloudwatch', metricType: 'MetricType', spaceId: 1000 },
      { source: 'aws.cloudwatch', scope: 'Service' },
    ],
    [
      { source: 'aws.cloudwatch', metricType: 'MetricType', metricId: 1 },
      { source: 'aws.ec2', scope: 'Service' },
    ],
  ],
  [
    'two lists of alternatives, each of which must be met',
    {
      $or: [{ metricName: ['CPUUtilization'] }, { namespace: ['AWS/EC2'] }],
      detail: { $or: [{ source: ['aws.cloudwatch'] }, { 'detail-type': ['Alarm'] }] },
    },
    [{ namespace: 'AWS/EC2', detail: { 'detail-type': 'Alarm' } }],
    [{ namespace: 'AWS/EC2', detail: { source: 'aws.ec2' } }],
  ],
  ['an empty text', { LastName: [''] }, [{ LastName: '' }], [{ LastName: null }, {}, { LastName: [] }]],
  ['null', { UserID: [null] }, [{ UserID: null }], [{ UserID: '' }, {}, { UserID: 'null' }]],
  [
    'null or an empty text',
    { detail: { eventVersion: [''], responseElements: [null] } },
    [{ detail: { eventVersion: '', responseElements: null } }],
    [{ detail: { eventVersion: '', responseElements: '' } }],
  ],
  [
    'a list in the event, of which one element is enough',
    {
      resources: [
        'arn:aws:ec2:eu-west-1:000000000000:instance/i-1',
        'arn:aws:ec2:eu-west-1:000000000000:instance/i-2',
      ],
    },
    [{ resources: ['arn:aws:ec2:eu-west-1:000000000000:instance/i-2', 'x'] }],
    [{ resources: ['x', 'y'] }, { resources: [] }],
  ],
  [
    'one and the same element of a list of objects',
    { employees: { firstName: ['Anna'], lastName: ['Smith'] } },
    [
      {
        employees: [
          { firstName: 'John', lastName: 'Doe' },
          { firstName: 'Anna', lastName: 'Smith' },
        ],
      },
    ],
    [
      {
        employees: [
          { firstName: 'Anna', lastName: 'Doe' },
          { firstName: 'John', lastName: 'Smith' },
        ],
      },
    ],
  ],
];

describe('what the user guide of EventBridge shows', () => {
  test.each(SHOWN)('%s', (_, pattern, matching, others) => {
    const compiled = compiledPattern(pattern);
    for (const event of matching)
      expect({ event, matches: matches(compiled, event) }).toEqual({ event, matches: true });
    for (const event of others)
      expect({ event, matches: matches(compiled, event) }).toEqual({ event, matches: false });
  });
});
