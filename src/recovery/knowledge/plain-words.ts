/**
 * Words of which error texts are made and which tell nothing of anyone: no names, no places, no goods. Together with
 * the words of the rules they are all that a logged text may show. Missing a word costs readability only.
 */
export const PLAIN_WORDS: ReadonlySet<string> = new Set(
  `a able abort aborted about above absent accept accepted access account action activate activated active add added
  address after again agent alias all allocate allocated allow allowed already also always an and another answer any
  api app application apply argument arguments array as ask asked assert assertion assign assigned async at attach
  attached attempt attempted attempting attempts attribute attributes auth authenticate authentication authorization
  authorize authorized available await away back bad balance base batch be because become been before begin being
  below between beyond bind block blocked body boolean both bound bounds branch broken broker bucket buffer bug build
  built bundle busy but by byte bytes cache cached calculate call callback called caller calling calls can cancel
  canceled cancelled cannot capacity case cast catch category cause caused certificate chain change changed channel
  character characters charge charged check checked checksum child choice class clean cleanup client clock close
  closed closing cluster code codec collection column columns command commit common compare compile complete completed
  component compute concurrent condition config configuration configure configured confirm confirmed conflict conflicts
  connect connected connecting connection connections constant constraint consumer contact contain contained container
  contains content context continue control conversion convert converted copy corrupt corrupted could count create
  created creating creation credential credentials current currently custom customer cycle data database date datetime
  day days deadline deadlock decimal declare declined decode decoded decoding decrypt default defined definition
  delay delete deleted deleting deliver delivered delivery denied depend dependency deployment depth describe
  description deserialize destination destroy detail details detect detected device did different digest dimension
  directory disable disabled disconnect disconnected disk do document does domain done double down download driver
  due duplicate duplicated duration during each early effect either element elements email empty enable enabled
  encode encoded encoding encountered encrypt end ended endpoint engine enough ensure entity entries entry enum
  environment equal error errors escape establish established evaluate event events ever every exactly exceed exceeded
  exceeds except exception exclusive execute executed executing execution exhausted exist existing exists exit exited
  expect expected expired expires explicit export expression extension external extra extract fail failed failing
  fails failure failures false fatal feature fetch fetching few field fields file files final find finish finished
  first fit flag float flow flush folder for forbidden force foreign form format formatted forward found free from full
  function functions further gateway general generate generated get getting give given global gone got greater group
  groups had handle handled handler handling has hash have header headers heap held help here hex high hit hold host
  how id identifier identity if ignore ignored illegal image immediately implement implementation implemented implicit
  import imported in incoming incomplete inconsistent incorrect index indices infinite information initial initialize
  initialized initializing initiate inner input insert inserted inside instance instead instructions insufficient
  integer integration integrity interface internal interrupted interval into invalid inventory invocation invoice
  invoke invoked is issue issuer it item items iterable iterate iterator its job join json just keep key keys kind
  know known label lack large larger last late later latest layer layout lead least left length less level library
  license like limit limited limits line link list listen little load loaded loading local locale located location
  lock locked log logged logger login long longer lookup loop lost low machine made mail maintenance make malformed
  managed manager many map mapping mark match matched matching max maximum may mean means media member memory merge
  message messages metadata method methods middleware migration min minimum minute minutes mismatch missing mode model
  modified module modules month more most mount move moved much multiple must mutation name named names namespace
  negative nested network never new next no node non none normal not nothing notification notified now null number
  numbers numeric object objects of off offset old on once one online only open opened operation operations operator
  option optional options or order orders origin other out outcome output outside over overflow overload owner pack
  package page paid pair parallel parameter parameters params parent parse parsed parser parsing part partial partition
  pass passed password path pattern pause paused payload payment payments peer pending per percent perform performed
  period permanent permission permissions permitted persist physical pipeline place placeholder plan platform please
  plugin point pointer policy poll pool port position positive possible post precision prefix prepare prepared present
  prevent previous price primary private privilege problem procedure process processed processing processor produce
  producer product profile program progress promise properties property protected protocol provide provided provider
  provisioned proxy public publish published publishing pull push put quantity query queue quota quote raise raised
  range rate rather reach reached read reading ready reason reasons receipt receive received receiving recent
  recipient recognized record recorded records recover recursion redirect redis refer reference referenced refers
  refresh refuse refused region register registered registration reject rejected rejection related relation release
  released remaining remote remove removed rename render rendering repeat replace replica reply report reported
  repository request requested requestid requests require required requires reserved reset resolve resolved resource
  resources respond response rest restart restore restricted result results retried retries retry retrying return
  returned returning returns review right role rollback root route row rows rule rules run running runtime same save
  saved saving schedule scheduled schema scope script search second seconds secret section secure security see select
  send sender sending sent sequence serialize serialized server servers service services session set setting settings
  setup several shape share shared shipment short should shut shutdown shutting side sign signal signature signed
  similar simple since single size skip skipped slot slow so socket some something soon sort source space specific
  specified specify stack stage stale standard start started starting state statement states static status step still
  stock stop stopped storage store stored stream string strings structure subject submit submitted subscription succeed
  succeeded success such suffix supplied supply support supported supports supposed switch sync syntax system table
  tables tag take taken target task tasks team temporarily temporary tenant term terminate terminated test text than
  that the their them then there these they this thread threads threshold through throttle throttled throttling
  throughput throw thrown time timed timeout timeouts times timestamp to today together token tokens too took tool
  top topic total track traffic transaction transactions transfer transform transient transition transport tree tried
  trigger triggered true truncated try trying tuple two type types unable unauthorized unavailable unchanged undefined
  under unexpected unhandled unhealthy unique unit unknown unless unlock unmarshal unprocessed unreachable unrecognized
  unresolved unset unsupported until update updated updating upload uploaded upstream uri url usage use used user users
  using valid validate validated validating validation validator value values variable variables vendor verification
  verified verify version versions very via violated violates violation visible volume wait waited waiting warehouse
  warning was way we web webhook were what when where whether which while whole why width will with within without
  word work worker workflow working would write writing written wrong yaml year yes yet you your zero zone
  arent cant couldnt didnt doesnt dont hasnt havent isnt shouldnt wasnt werent wont wouldnt
  `
    .trim()
    .split(/\s+/),
);
