# Enrolls this instance in VM Management: proves to the enrollment server which instance it is, and registers the SSM Agent
# with the activation that the server answers. Runs as SYSTEM on each boot; docs/enrolling.md describes it.
#
# It carries no secret. Windows PowerShell 5.1 runs it. The steps and their order are those of linux.sh.

# Settings. The portal replaces the words between the quotes when it serves the script, and refuses values with other
# characters than Test-Settings accepts. Environment variables override them.
$Server = '@SERVER@'
$PatchingLabel = '@PATCHING_LABEL@'
$PatchGroupLabel = '@PATCH_GROUP_LABEL@'
# Found out if empty: aws, azure, gcp, vmware, openstack or dedicated.
$Provider = ''
# The enrollment token of OpenStack and dedicated servers.
$TokenFile = Join-Path $env:ProgramFiles 'Muster\enrollment-token'
# A new systems account takes up to 20 minutes.
$MaxSeconds = '1800'
# For tests only: `yes` also accepts a server without TLS.
$AllowHttp = ''
if ($env:MUSTER_ENROLL_SERVER) { $Server = $env:MUSTER_ENROLL_SERVER }
if ($env:MUSTER_ENROLL_PATCHING_LABEL) { $PatchingLabel = $env:MUSTER_ENROLL_PATCHING_LABEL }
if ($env:MUSTER_ENROLL_PATCH_GROUP_LABEL) { $PatchGroupLabel = $env:MUSTER_ENROLL_PATCH_GROUP_LABEL }
if ($env:MUSTER_ENROLL_PROVIDER) { $Provider = $env:MUSTER_ENROLL_PROVIDER }
if ($env:MUSTER_ENROLL_TOKEN_FILE) { $TokenFile = $env:MUSTER_ENROLL_TOKEN_FILE }
if ($env:MUSTER_ENROLL_MAX_SECONDS) { $MaxSeconds = $env:MUSTER_ENROLL_MAX_SECONDS }
if ($env:MUSTER_ENROLL_ALLOW_HTTP) { $AllowHttp = $env:MUSTER_ENROLL_ALLOW_HTTP }

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
[Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12
[Net.ServicePointManager]::Expect100Continue = $false

$Metadata = 'http://169.254.169.254'
$DetectSeconds = 60
# Of the enrollment server.
$MaxAnswerBytes = 8192
# Of metadata services. Azure answers all tags at once.
$MaxLocalBytes = 65536
$MaxInstallerBytes = 209715200
$Registration = Join-Path $env:ProgramData 'Amazon\SSM\InstanceData\registration'
$Vault = Join-Path $env:ProgramData 'Amazon\SSM\InstanceData\Vault\Store\RegistrationKey'
$Agent = Join-Path $env:ProgramFiles 'Amazon\SSM\amazon-ssm-agent.exe'
$Service = 'AmazonSSMAgent'
# Only administrators can create this folder, unlike one in ProgramData.
$State = Join-Path $env:ProgramFiles 'Muster'
$Marker = Join-Path $State 'enrolled'
$LockFile = Join-Path $State 'lock'
# SYSTEM, Administrators and TrustedInstaller.
$TrustedOwners = 'S-1-5-18', 'S-1-5-32-544', 'S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464'
# Full control of the first two, and nothing that is inherited.
$StateSecurity = 'O:BAG:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)'
# FILE_WRITE_DATA, FILE_APPEND_DATA, FILE_WRITE_EA, FILE_DELETE_CHILD, FILE_WRITE_ATTRIBUTES, DELETE, WRITE_DAC, WRITE_OWNER,
# GENERIC_ALL and GENERIC_WRITE.
$WriteRights = 0x2 -bor 0x4 -bor 0x10 -bor 0x40 -bor 0x100 -bor 0x10000 -bor 0x40000 -bor 0x80000 -bor 0x10000000 -bor 0x40000000
$Clock = [Diagnostics.Stopwatch]::StartNew()
# One byte is one character, so that bytes can be searched as text.
$Latin1 = [Text.Encoding]::GetEncoding(28591)
$TokenFileUsed = $false
$Problem = ''

function Write-Message([string] $Message) { [Console]::Error.WriteLine("muster-enroll: $Message") }

function Stop-WithCode([int] $Code, [string] $Message) {
    $exception = New-Object Exception $Message
    $exception.Data['ExitCode'] = $Code
    throw $exception
}

# Ends the script; running it again does not help until somebody has changed something.
function Stop-Refused([string] $Message) { Stop-WithCode 10 $Message }

# Ends the script; running it again may succeed.
function Stop-UntilLater([string] $Message) { Stop-WithCode 20 $Message }

function Get-RemainingSeconds { [int] ([int] $MaxSeconds - $Clock.Elapsed.TotalSeconds) }

# Waits, or ends the script if no time is left for another attempt.
function Wait-Seconds([int] $Seconds) {
    if ($Seconds -ge (Get-RemainingSeconds)) {
        Stop-UntilLater "$script:Problem Gave up after $MaxSeconds seconds. The script tries again on the next boot."
    }
    Start-Sleep -Seconds $Seconds
}

# The text as it may be written to a log.
function Get-Printable([string] $Text) {
    if ($Text.Length -gt 500) { $Text = $Text.Substring($Text.Length - 500) }
    $Text -replace '[^\x20-\x7e]', ' '
}

# The value of a member of an object that came as JSON, or nothing.
function Get-Value($Object, [string] $Name) {
    if ($null -eq $Object -or $null -eq $Object.PSObject.Properties[$Name]) { return $null }
    $Object.PSObject.Properties[$Name].Value
}

function ConvertFrom-JsonOrNothing([string] $Text) {
    try { ConvertFrom-Json $Text } catch { $null }
}

# The proxy of the environment for an address, or nothing if none is set. .NET knows only the proxy of Windows, unlike curl.
function Get-EnvironmentProxy([uri] $Url) {
    $address = "$env:all_proxy"
    if ($Url.Scheme -eq 'https' -and $env:https_proxy) { $address = $env:https_proxy }
    if ($Url.Scheme -eq 'http' -and $env:http_proxy) { $address = $env:http_proxy }
    if (-not $address) { return $null }
    foreach ($name in "$env:no_proxy" -split '[,\s]+') {
        $domain = $name.TrimStart('.')
        $isInside = $domain -and ".$($Url.Host)".EndsWith(".$domain", [StringComparison]::OrdinalIgnoreCase)
        # A proxy without an address is none, not even that of Windows.
        if ($name -eq '*' -or $isInside) { return New-Object Net.WebProxy }
    }
    if ($address -notmatch '://') { $address = "http://$address" }
    $uri = $null
    if (-not [uri]::TryCreate($address, [UriKind]::Absolute, [ref] $uri) -or $uri.Scheme -ne 'http') {
        Stop-Refused 'The proxy in https_proxy, http_proxy or all_proxy does not start with http. Correct it.'
    }
    $proxy = New-Object Net.WebProxy $uri
    if ($uri.UserInfo) {
        $user, $password = $uri.UserInfo -split ':', 2
        $proxy.Credentials = New-Object Net.NetworkCredential ([uri]::UnescapeDataString($user)), ([uri]::UnescapeDataString("$password"))
    }
    $proxy
}

# Sends a request, and returns its status (0 without an answer), bytes and text. Redirects are not followed.
function Invoke-Request(
    [string] $Method, [string] $Url, [hashtable] $Headers, [string] $Body, [int] $Seconds, [bool] $UsesProxy, [int] $MaxBytes
) {
    $result = @{ Status = 0; Bytes = [byte[]] @(); Text = ''; Failure = '' }
    $response = $null
    $proxy = $null
    if ($UsesProxy) { $proxy = Get-EnvironmentProxy $Url }
    $started = [Diagnostics.Stopwatch]::StartNew()
    try {
        $request = [Net.HttpWebRequest] [Net.WebRequest]::Create($Url)
        $request.Method = $Method
        $request.AllowAutoRedirect = $false
        $request.Timeout = $Seconds * 1000
        $request.ReadWriteTimeout = $Seconds * 1000
        if (-not $UsesProxy) { $request.Proxy = $null }
        elseif ($null -ne $proxy) { $request.Proxy = $proxy }
        foreach ($name in $Headers.Keys) { $request.Headers.Add($name, $Headers[$name]) }
        if ($Body) {
            $bytes = (New-Object Text.UTF8Encoding $false).GetBytes($Body)
            $request.ContentType = 'application/json'
            $request.ContentLength = $bytes.Length
            $stream = $request.GetRequestStream()
            try { $stream.Write($bytes, 0, $bytes.Length) } finally { $stream.Close() }
        }
        elseif ($Method -ne 'GET') { $request.ContentLength = 0 }
        try { $response = [Net.HttpWebResponse] $request.GetResponse() }
        catch {
            # Statuses of errors arrive as exceptions that have the answer.
            $failure = $_.Exception
            while ($failure.InnerException -and $failure -isnot [Net.WebException]) { $failure = $failure.InnerException }
            if ($failure -isnot [Net.WebException] -or $null -eq $failure.Response) { throw }
            $response = [Net.HttpWebResponse] $failure.Response
        }
        $copy = New-Object IO.MemoryStream
        $buffer = New-Object byte[] 65536
        $stream = $response.GetResponseStream()
        while (($count = $stream.Read($buffer, 0, $buffer.Length)) -gt 0) {
            $copy.Write($buffer, 0, $count)
            if ($copy.Length -gt $MaxBytes) { throw (New-Object Exception 'The answer is too long.') }
            if ($started.Elapsed.TotalSeconds -gt $Seconds) { throw (New-Object Exception 'The answer took too long.') }
        }
        $result.Status = [int] $response.StatusCode
        $result.Bytes = $copy.ToArray()
        if ($copy.Length -le $MaxLocalBytes) { $result.Text = [Text.Encoding]::UTF8.GetString($result.Bytes) }
    }
    catch {
        $result.Status = 0
        $result.Failure = $_.Exception.GetBaseException().Message
    }
    finally { if ($null -ne $response) { $response.Close() } }
    $result
}

# Asks the metadata service, without a proxy.
function Get-Metadata([string] $Path, [hashtable] $Headers, [string] $Method = 'GET') {
    Invoke-Request $Method "$Metadata$Path" $Headers '' 5 $false $MaxLocalBytes
}

# The same at EC2, by version 2 of the service, which wants a session's token.
function Get-AwsMetadata([string] $Path) {
    $token = Get-Metadata '/latest/api/token' @{ 'X-aws-ec2-metadata-token-ttl-seconds' = '60' } 'PUT'
    if ($token.Status -ne 200 -or $token.Text -notmatch '\A[A-Za-z0-9+/=_-]+\z') {
        # Without a session nothing is known about the path, not even that it is absent.
        if ($token.Status -ne 0) { $token.Status = 401 }
        return $token
    }
    Get-Metadata $Path @{ 'X-aws-ec2-metadata-token' = $token.Text }
}

# Asks the enrollment server. Returns the answer, or nothing if another attempt may succeed, or refuses.
function Send-Post([string] $Path, [hashtable] $Body) {
    $seconds = [Math]::Min(30, (Get-RemainingSeconds))
    if ($seconds -lt 1) {
        if (-not $script:Problem) { $script:Problem = 'The enrollment server was not asked in time.' }
        return $null
    }
    $json = ConvertTo-Json $Body -Compress -Depth 5
    $answer = Invoke-Request 'POST' "$Server$Path" @{} $json $seconds $true $MaxAnswerBytes
    $object = ConvertFrom-JsonOrNothing $answer.Text
    if ($answer.Status -eq 200) {
        if ($object -is [Management.Automation.PSCustomObject]) { return $object }
        $script:Problem = "The answer of $Server is not the enrollment server's. Check the address, and proxies in between."
    }
    elseif ($answer.Status -eq 429 -or $answer.Status -ge 500) {
        $script:Problem = "The enrollment server is busy or not ready (status $($answer.Status))."
    }
    elseif ($answer.Status -eq 0) {
        $script:Problem = "The request to $Server failed ($(Get-Printable $answer.Failure)). Check the network, the proxy and the clock."
    }
    else {
        $script:Problem = "$Server answered with status $($answer.Status). Check the address, and proxies and firewalls in between."
        $details = Get-Value $object 'error'
        $code = Get-Value $details 'code'
        # Without a code it is the answer of something in between, which may pass.
        if ($answer.Status -ge 400 -and $code -is [string] -and $code -cmatch '\A[a-z][a-z_]{0,63}\z') {
            $said = Get-Printable "${code}: $(Get-Value $details 'message')"
            Stop-Refused "The enrollment server refused this instance (status $($answer.Status), $said). docs/enrolling.md says what to do."
        }
    }
    return $null
}

# Steps, in the order in which Start-Enrollment runs them.

function Test-Settings {
    $identity = [Security.Principal.WindowsPrincipal] [Security.Principal.WindowsIdentity]::GetCurrent()
    if (-not $identity.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
        Stop-Refused 'Only an administrator can register the SSM Agent. Run this script as SYSTEM or as an administrator.'
    }
    if ($Server -cnotmatch '\Ahttps?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*\z') {
        Stop-Refused "The server's address is not filled in, or is no address. Get this script from the portal."
    }
    if ($Server -clike 'http:*' -and $AllowHttp -ne 'yes') {
        Stop-Refused "The server's address does not start with https. Get this script from the portal."
    }
    foreach ($label in $PatchingLabel, $PatchGroupLabel) {
        if ($label -cnotmatch '\A[a-z0-9][a-z0-9_-]{0,62}\z') {
            Stop-Refused 'The name of a label is not valid. Get this script from the portal.'
        }
    }
    if ('', 'aws', 'azure', 'gcp', 'vmware', 'openstack', 'dedicated' -cnotcontains $Provider) {
        Stop-Refused 'MUSTER_ENROLL_PROVIDER is not one of aws, azure, gcp, vmware, openstack and dedicated. Correct it.'
    }
    if ($MaxSeconds -notmatch '\A[1-9][0-9]{0,4}\z') { Stop-Refused 'MUSTER_ENROLL_MAX_SECONDS is not a number of seconds. Correct it.' }
}

# Creates the folder that this script notes in and installs from, and refuses one that others can change.
function Initialize-State {
    $security = New-Object Security.AccessControl.DirectorySecurity
    $security.SetSecurityDescriptorSddlForm($StateSecurity)
    # With its security at once, so that at no time others can write in it.
    if (-not (Test-Path -LiteralPath $State)) { [IO.Directory]::CreateDirectory($State, $security) | Out-Null }
    if (-not (Test-Path -LiteralPath $State -PathType Container)) { Stop-Refused "$State is not a folder. Delete it, and run this script again." }
    Assert-Protected $State
    # A folder that somebody created for the token lets users read it, and they could keep the lock file open.
    [IO.Directory]::SetAccessControl($State, $security)
}

# Refuses a file or folder that others than administrators can change or replace.
function Assert-Protected([string] $Path) {
    $item = Get-Item -LiteralPath $Path -Force
    while ($null -ne $item) {
        $isChangeable = [bool] ($item.Attributes -band [IO.FileAttributes]::ReparsePoint)
        $security = Get-Acl -LiteralPath $item.FullName
        if ($TrustedOwners -notcontains $security.GetOwner([Security.Principal.SecurityIdentifier]).Value) { $isChangeable = $true }
        foreach ($rule in $security.GetAccessRules($true, $true, [Security.Principal.SecurityIdentifier])) {
            if ($rule.AccessControlType -ne [Security.AccessControl.AccessControlType]::Allow) { continue }
            # Holds for what is in the folder, and not for the folder.
            if ($rule.PropagationFlags -band [Security.AccessControl.PropagationFlags]::InheritOnly) { continue }
            if ($TrustedOwners -contains $rule.IdentityReference.Value) { continue }
            if ([int] $rule.FileSystemRights -band $WriteRights) { $isChangeable = $true }
        }
        if ($isChangeable) {
            Stop-Refused ("Others than administrators can change $($item.FullName). Check who put it there, run " +
                "`"icacls `"$($item.FullName)`" /setowner *S-1-5-32-544`", let only SYSTEM and Administrators write it, and run this script again.")
        }
        $item = if ($item -is [IO.FileInfo]) { $item.Directory } else { $item.Parent }
        # Users may create folders in the root of a drive, but not change those of others.
        if ($null -ne $item -and $null -eq $item.Parent) { $item = $null }
    }
}

# Returns the open lock file, which only one process can have, and only administrators can open. Waits for a run that has it.
function Enter-Lock {
    while ($true) {
        try { return [IO.File]::Open($LockFile, [IO.FileMode]::OpenOrCreate, [IO.FileAccess]::ReadWrite, [IO.FileShare]::None) }
        catch [IO.IOException] {
            $script:Problem = 'Another run of this script has not ended. Look at what it waits for.'
            Wait-Seconds 2
        }
    }
}

# What tells this instance from its copies.
function Get-Identity {
    $guid = (Get-ItemProperty 'HKLM:\SOFTWARE\Microsoft\Cryptography').MachineGuid
    $uuid = (Get-CimInstance Win32_ComputerSystemProduct).UUID
    "machine-guid $guid", "product-uuid $uuid"
}

function Get-HowToClear {
    "Run `"$Agent`" -register -clear, delete $Marker, and run this script again."
}

# The id of the managed node that this instance is registered as, or nothing.
function Get-ManagedNode {
    if (-not (Test-Path $Registration)) {
        # Registering again would ask at the console, or make a second managed node.
        if ((Test-Path $Vault) -and (Select-String -Path $Vault -SimpleMatch '"instanceID":"mi-' -Quiet)) {
            Stop-Refused "The agent has a registration, but $Registration is missing. $(Get-HowToClear)"
        }
        return $null
    }
    $managed = Get-Value (ConvertFrom-JsonOrNothing (Get-Content $Registration -Raw)) 'ManagedInstanceID'
    if ($managed -notmatch '\Ami-[0-9a-z]+\z') { Stop-Refused "$Registration does not name a managed node. $(Get-HowToClear)" }
    $managed
}

# Whether the agent is registered already, in which case there is nothing to do. Makes no network request.
function Test-Registered {
    $managed = Get-ManagedNode
    if (-not $managed) { return $false }
    if (Test-Path $Marker) {
        $noted = @(Get-Content $Marker)
        $identity = @(Get-Identity)
        if ($noted[0] -eq $managed -and ($noted[1..2] -join '|') -ne ($identity -join '|')) {
            Stop-Refused "The registration $managed is of another instance, from which this one was copied. $(Get-HowToClear)"
        }
    }
    $service = Get-Service $Service -ErrorAction SilentlyContinue
    if (-not $service) { Stop-Refused "The registration $managed is there, but not the agent. Install the agent, or delete $Registration." }
    if ($service.Status -ne 'Running') {
        Write-Message "The agent is registered as $managed but is not running. Starting it."
        Start-Agent
    }
    Write-Message "The agent is registered as $managed and is running. Nothing to do."
    $true
}

# Sets the provider. Waits for the network for a minute, because the script may start before it.
function Find-Provider {
    if ($Provider) { return }
    $last = [Math]::Min($DetectSeconds, [int] $MaxSeconds - 2)
    while (-not ($script:Provider = Get-Provider)) {
        if ($Clock.Elapsed.TotalSeconds -ge $last) {
            Stop-UntilLater ('No provider was found: no metadata service answers, VMware has no token, and there is no ' +
                "$TokenFile. Make one of them available, or set MUSTER_ENROLL_PROVIDER.")
        }
        Start-Sleep -Seconds 2
    }
    Write-Message "This instance is at the provider $script:Provider."
}

function Get-Provider {
    # What somebody has placed for this purpose comes before what can be asked.
    if (Test-TokenFile) {
        if ((Get-CimInstance Win32_ComputerSystem).Model -like 'OpenStack*') { return 'openstack' }
        return 'dedicated'
    }
    if (Get-GuestinfoToken) { return 'vmware' }
    $answer = Get-AwsMetadata '/latest/dynamic/instance-identity/document'
    if ($answer.Status -eq 200) { return 'aws' }
    if ($answer.Status -eq 0) { return $null }
    if ((Get-Metadata '/metadata/instance/compute/vmId?api-version=2021-02-01&format=text' @{ Metadata = 'true' }).Status -eq 200) { return 'azure' }
    if ((Get-Metadata '/computeMetadata/v1/instance/id' @{ 'Metadata-Flavor' = 'Google' }).Status -eq 200) { return 'gcp' }
    if (Get-VendorDataToken) { return 'openstack' }
    return $null
}

# The text if it is a token, or nothing.
function Get-Token([string] $Text) {
    $Text = $Text.Trim()
    if ($Text -match '\A[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\z') { $Text }
}

# What vCenter has placed for this virtual machine.
function Get-GuestinfoToken {
    $tools = Join-Path $env:ProgramFiles 'VMware\VMware Tools\rpctool.exe'
    if (-not (Test-Path $tools)) { return $null }
    $run = Invoke-Program $tools '"info-get guestinfo.muster.enroll"' 10
    Get-Token $run.Output
}

# What OpenStack's metadata service has for this instance.
function Get-VendorDataToken {
    $answer = Get-Metadata '/openstack/latest/vendor_data2.json' @{}
    if ($answer.Status -ne 200) { return $null }
    Get-Token "$(Get-Value (Get-Value (ConvertFrom-JsonOrNothing $answer.Text) 'muster') 'enrollment_token')"
}

function Get-FileToken {
    $script:TokenFileUsed = $false
    if (-not (Test-TokenFile)) { return $null }
    # Who can write a token here decides which instance this one is.
    Assert-Protected $TokenFile
    $token = Get-Token (Get-Content -LiteralPath $TokenFile -Raw)
    $script:TokenFileUsed = [bool] $token
    $token
}

# Whether somebody has placed a token.
function Test-TokenFile { (Test-Path -LiteralPath $TokenFile -PathType Leaf) -and (Get-Item -LiteralPath $TokenFile -Force).Length -gt 0 }

# Waits 2 to 120 seconds, longer each time since $Backoff was 2.
function Wait-Backoff {
    # Instances that start together must not ask together.
    Wait-Seconds ($script:Backoff + (Get-Random -Maximum $script:Backoff))
    $script:Backoff = [Math]::Min(60, $script:Backoff * 2)
}

# Returns the activation, with as many attempts as time allows. Each starts with a new challenge, because a challenge can be used
# once.
function Get-Activation {
    $script:Backoff = 2
    while ($true) {
        $script:RetryAfter = 0
        $activation = Get-ActivationOnce
        if ($activation) { return $activation }
        if ($script:RetryAfter) {
            Write-Message "$script:Problem Asking again in $script:RetryAfter seconds."
            Wait-Seconds $script:RetryAfter
        }
        else {
            Write-Message "$script:Problem Trying again."
            Wait-Backoff
        }
    }
}

function Get-ActivationOnce {
    $challenge = Send-Post '/enroll/v1/challenge' @{ provider = $script:Provider }
    if (-not $challenge) { return $null }
    $id = Get-Value $challenge 'challenge_id'
    $nonce = Get-Value $challenge 'nonce'
    $audience = Get-Value $challenge 'aud'
    if ($id -notmatch '\A[A-Za-z0-9._-]{1,128}\z' -or $nonce -notmatch '\A[A-Za-z0-9]{8,64}\z' -or $audience -notmatch '\A[A-Za-z0-9.:/_-]{1,512}\z') {
        $script:Problem = "The challenge of $Server is not as expected. Get this script again from the portal."
        return $null
    }
    $evidence = Get-Evidence $nonce $audience
    if (-not $evidence) { return $null }
    $labels = Get-Labels
    if ($null -eq $labels) { return $null }
    $answer = Send-Post '/enroll/v1/attest' @{
        challenge_id = $id; provider = $script:Provider; evidence = $evidence; os = (Get-Os); labels = $labels
    }
    if (-not $answer) { return $null }
    if ((Get-Value $answer 'status') -eq 'provisioning') {
        $script:RetryAfter = 30
        if ("$(Get-Value $answer 'retry_after')" -match '\A[1-9][0-9]{0,2}\z') { $script:RetryAfter = [int] $answer.retry_after }
        $script:Problem = 'The systems account is still being created.'
        return $null
    }
    if ((Get-Value $answer 'activation_id') -notmatch '\A[0-9A-Za-z-]{1,64}\z' -or
        (Get-Value $answer 'activation_code') -notmatch '\A[A-Za-z0-9+/=_-]{20,250}\z' -or
        (Get-Value $answer 'region') -cnotmatch '\A[a-z]{2,6}(-[a-z]+)+-[0-9]\z') {
        $script:Problem = "The activation of $Server is not as expected. Get this script again from the portal."
        return $null
    }
    $answer
}

# What proves which instance this is.
function Get-Evidence([string] $Nonce, [string] $Audience) {
    switch ($script:Provider) {
        'aws' {
            $script:Problem = 'The metadata service has no identity document for this instance. Check that instance metadata is enabled.'
            $answer = Get-AwsMetadata '/latest/dynamic/instance-identity/rsa2048'
            $document = $answer.Text -replace '\s', ''
            if ($answer.Status -eq 200 -and $document -match '\A[A-Za-z0-9+/=]+\z') { return @{ rsa2048 = $document } }
        }
        'azure' { return Get-AzureEvidence $Nonce }
        'gcp' {
            $script:Problem = 'The metadata service has no identity token for this instance.'
            $path = '/computeMetadata/v1/instance/service-accounts/default/identity'
            $answer = Get-Metadata "${path}?audience=$Audience&format=full&licenses=FALSE" @{ 'Metadata-Flavor' = 'Google' }
            if ($answer.Status -eq 404) {
                Stop-Refused 'This instance has no service account. Stop it, set one (it needs no roles), and start it.'
            }
            if ($answer.Status -eq 200) { $token = Get-Token $answer.Text } else { $token = $null }
        }
        'vmware' {
            $script:Problem = 'VMware has no enrollment token for this instance (guestinfo.muster.enroll). Have vCenter place one.'
            $token = Get-GuestinfoToken
        }
        'openstack' {
            $script:Problem = "There is no enrollment token in $TokenFile or in OpenStack's vendor data. Place one."
            $token = Get-FileToken
            if (-not $token) { $token = Get-VendorDataToken }
        }
        'dedicated' {
            $script:Problem = "There is no enrollment token in $TokenFile. Place one."
            $token = Get-FileToken
        }
    }
    if ($script:Provider -ne 'aws' -and $token) { return @{ token = $token } }
    return $null
}

function Get-AzureEvidence([string] $Nonce) {
    # The service may answer a document that it made for an earlier nonce.
    foreach ($try in 1..4) {
        if ($try -gt 1) { Start-Sleep -Seconds 1 }
        $script:Problem = 'The metadata service has no attested document for this instance.'
        $answer = Get-Metadata "/metadata/attested/document?api-version=2025-04-07&nonce=$Nonce" @{ Metadata = 'true' }
        $signature = "$(Get-Value (ConvertFrom-JsonOrNothing $answer.Text) 'signature')"
        if ($answer.Status -ne 200 -or $signature -notmatch '\A[A-Za-z0-9+/=]+\z') { continue }
        $script:Problem = 'The metadata service answers an attested document that is not of this challenge.'
        try { $bytes = [Convert]::FromBase64String($signature) } catch { continue }
        if ($Latin1.GetString($bytes).Contains($Nonce)) {
            return @{ signature = $signature; intermediates = @(Get-AzureIntermediates $bytes) }
        }
    }
    return $null
}

# The certificates that issued the one in the document, in base64. The document has only the last of the chain, and the server
# makes no requests to addresses that a certificate names.
function Get-AzureIntermediates([byte[]] $Certificate) {
    foreach ($count in 1..3) {
        $found = [regex]::Match($Latin1.GetString($Certificate), 'http://www\.microsoft\.com/pkiops/certs/(?:[A-Za-z0-9._-]|%20)+?\.crt')
        if (-not $found.Success) { return }
        $answer = Invoke-Request 'GET' $found.Value @{} '' 10 $true 65536
        if ($answer.Status -ne 200 -or $answer.Bytes.Length -eq 0) {
            Write-Message "The intermediate certificate $count was not downloaded from www.microsoft.com. Continuing without it."
            return
        }
        $Certificate = $answer.Bytes
        [Convert]::ToBase64String($Certificate)
    }
}

# The two labels of this instance, or nothing if they are unknown. Tokens of other providers state them.
function Get-Labels {
    $labels = @{}
    $tags = $null
    # Without an answer the labels are unknown, and not absent.
    $script:Problem = 'The metadata service does not say which labels this instance has.'
    if ($script:Provider -eq 'azure') {
        $answer = Get-Metadata '/metadata/instance/compute/tagsList?api-version=2021-02-01&format=json' @{ Metadata = 'true' }
        if ($answer.Status -ne 200 -or $answer.Text -notmatch '\A\s*\[') { return $null }
        $tags = ConvertFrom-JsonOrNothing $answer.Text
        # PowerShell reads an empty list as nothing, too.
        if ($null -eq $tags -and $answer.Text -notmatch '\A\s*\[\s*\]\s*\z') { return $null }
    }
    foreach ($name in $PatchingLabel, $PatchGroupLabel) {
        $value = $null
        switch ($script:Provider) {
            # Only if tags in instance metadata are enabled.
            'aws' { $answer = Get-AwsMetadata "/latest/meta-data/tags/instance/$name" }
            # The metadata server does not know labels, so attributes of the same names stand for them.
            'gcp' { $answer = Get-Metadata "/computeMetadata/v1/instance/attributes/$name" @{ 'Metadata-Flavor' = 'Google' } }
            'azure' {
                foreach ($tag in $tags) {
                    if ((Get-Value $tag 'name') -ceq $name) { $value = "$(Get-Value $tag 'value')" }
                }
            }
        }
        if ('aws', 'gcp' -contains $script:Provider) {
            if ($answer.Status -eq 200) { $value = $answer.Text }
            elseif ($answer.Status -ne 404) { return $null }
        }
        if ($null -eq $value) { continue }
        if ([Text.Encoding]::UTF8.GetByteCount($value) -gt 256) {
            Write-Message "The label $name is longer than 256 bytes and is not sent. Shorten it."
            continue
        }
        $labels[$name] = $value
    }
    $labels
}

# The processor as Linux names it, because the server compares both.
function Get-Architecture {
    switch ($env:PROCESSOR_ARCHITECTURE) {
        'AMD64' { 'x86_64' }
        'ARM64' { 'aarch64' }
        default { $env:PROCESSOR_ARCHITECTURE }
    }
}

function Get-Os { @{ id = 'windows'; version = (Get-CimInstance Win32_OperatingSystem).Version; architecture = (Get-Architecture) } }

# Registers with the activation, with as many attempts as time allows, and starts the agent.
function Register-Agent($Activation) {
    $region = $Activation.region
    # What a run that was ended has left.
    Get-ChildItem -LiteralPath $State -Filter 'enroll.*' -Directory | Remove-Item -Recurse -Force -ErrorAction SilentlyContinue
    $script:Work = Join-Path $State ('enroll.' + [IO.Path]::GetRandomFileName())
    New-Item -ItemType Directory -Path $script:Work | Out-Null
    $script:Backoff = 8
    while ($true) {
        if (Test-Path $Agent) { $said = Invoke-Agent $Activation } else { $said = Invoke-Setup $Activation }
        if (Test-Path $Registration) { break }
        Write-Message "The agent was not registered in $region. It said: $said"
        $script:Problem = "The agent was not registered. Check that this instance reaches ssm.$region.amazonaws.com and that its clock is right."
        Wait-Backoff
    }
    $managed = Get-ManagedNode
    Set-Content $Marker (@($managed) + @(Get-Identity))
    # A token can be used once.
    if ($script:TokenFileUsed) { Remove-Item -LiteralPath $TokenFile -Force -ErrorAction SilentlyContinue }
    Start-Agent
    Write-Message "Enrolled as $managed in $region."
    Write-ProxyWarning
}

# Says so if this script uses a proxy, and the agent, which Windows starts without our environment, has none.
function Write-ProxyWarning {
    if (-not ($env:https_proxy -or $env:all_proxy)) { return }
    $key = "HKLM:\SYSTEM\CurrentControlSet\Services\$Service"
    $variables = @((Get-Item -LiteralPath $key).GetValue('Environment'))
    if (@($variables -match '^https_proxy=').Count -gt 0 -or [Environment]::GetEnvironmentVariable('https_proxy', 'Machine')) { return }
    Write-Message ('A proxy is set here, but not for the agent: it will be offline unless it reaches AWS without one. ' +
        "docs/enrolling.md says how to set it (the value Environment of $key).")
}

# Neither program of AWS takes the code in another way than on its command line. The code is of use to nobody else once these have
# returned: it registers one instance, within an hour.

# Registers the agent that is installed. Returns its output without the code.
function Invoke-Agent($Activation) {
    Stop-Service $Service -Force -ErrorAction SilentlyContinue
    $arguments = "-register -id $($Activation.activation_id) -region $($Activation.region) -code $($Activation.activation_code)"
    $run = Invoke-Program $Agent $arguments 120
    Get-Printable $run.Output.Replace($Activation.activation_code, '(code)')
}

# Has AWS's installer install and register the agent. Returns its output without the code.
function Invoke-Setup($Activation) {
    $region = $Activation.region
    $domain = 'amazonaws.com'
    if ($region -like 'cn-*') { $domain = 'amazonaws.com.cn' }
    if ($region -like 'eusc-*') { $domain = 'amazonaws.eu' }
    $machine = @{ x86_64 = 'amd64'; aarch64 = 'arm64' }[(Get-Architecture)]
    if (-not $machine) { Stop-Refused "There is no SSM Agent for the processor $(Get-Architecture)." }
    Write-Message 'Installing the SSM Agent.'
    $url = "https://amazon-ssm-$region.s3.$region.$domain/latest/windows_$machine/ssm-setup-cli.exe"
    $answer = Invoke-Request 'GET' $url @{} '' 300 $true $MaxInstallerBytes
    if ($answer.Status -ne 200) { return "the installer was not downloaded from amazon-ssm-$region.s3.$region.$domain" }
    $setup = Join-Path $script:Work 'ssm-setup-cli.exe'
    [IO.File]::WriteAllBytes($setup, $answer.Bytes)
    $signature = Get-AuthenticodeSignature $setup
    $signer = ''
    if ($signature.SignerCertificate) {
        $signer = $signature.SignerCertificate.GetNameInfo([Security.Cryptography.X509Certificates.X509NameType]::SimpleName, $false)
    }
    if ($signature.Status -ne 'Valid' -or $signer -cne 'Amazon.com Services LLC') {
        return "the installer is not signed by Amazon ($($signature.Status))"
    }
    $arguments = "-register -activation-id $($Activation.activation_id) -region $region -activation-code $($Activation.activation_code)"
    $run = Invoke-Program $setup $arguments 600
    Get-Printable $run.Output.Replace($Activation.activation_code, '(code)')
}

# Runs a program without input, so that it cannot wait for answers, and returns its exit code and output.
function Invoke-Program([string] $Path, [string] $Arguments, [int] $Seconds) {
    $start = New-Object Diagnostics.ProcessStartInfo $Path, $Arguments
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $process = [Diagnostics.Process]::Start($start)
    $process.StandardInput.Close()
    # Both are read at once, because a full pipe would stop the program.
    $output = $process.StandardOutput.ReadToEndAsync()
    $errors = $process.StandardError.ReadToEndAsync()
    if (-not $process.WaitForExit($Seconds * 1000)) {
        $process.Kill()
        return @{ Code = -1; Output = "it did not end within $Seconds seconds" }
    }
    # A child that keeps the pipes open must not keep this script.
    if (-not [Threading.Tasks.Task]::WaitAll([Threading.Tasks.Task[]] @($output, $errors), 5000)) { return @{ Code = $process.ExitCode; Output = '' } }
    @{ Code = $process.ExitCode; Output = "$($output.Result)$($errors.Result)" }
}

function Start-Agent {
    Set-Service $Service -StartupType Automatic
    try {
        Start-Service $Service
        (Get-Service $Service).WaitForStatus('Running', [TimeSpan]::FromSeconds(30))
    }
    catch { Stop-UntilLater "The service $Service does not start. Look at its log in $env:ProgramData\Amazon\SSM\Logs." }
}

function Start-Enrollment {
    $code = 20
    $lock = $null
    $script:Work = $null
    try {
        Test-Settings
        Initialize-State
        if (-not (Test-Registered)) {
            $lock = Enter-Lock
            # Another run may just have registered it.
            if (-not (Test-Registered)) {
                Find-Provider
                $activation = Get-Activation
                Register-Agent $activation
            }
        }
        $code = 0
    }
    catch {
        $exception = $_.Exception
        if ($exception.Data.Contains('ExitCode')) {
            $code = $exception.Data['ExitCode']
            Write-Message $exception.Message
        }
        else {
            $where = "$($exception.GetType().Name) in line $($_.InvocationInfo.ScriptLineNumber)"
            Write-Message "The script stopped unexpectedly ($where). It tries again on the next boot."
        }
    }
    finally {
        $activation = $null
        if ($script:Work) { Remove-Item $script:Work -Recurse -Force -ErrorAction SilentlyContinue }
        if ($null -ne $lock) { $lock.Close() }
    }
    exit $code
}

# Last, so that a script that was downloaded in part does nothing.
Start-Enrollment
