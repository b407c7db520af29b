using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.EndToEnd.Tests;

/// <summary>A configuration that is not what was meant must not be half obeyed: a misspelled filter would leave the door open.</summary>
public sealed class ConfigurationTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Theory]
    [InlineData("""{ "Dicom": { "CallingAeTitles": ["PACS"] } }""", "Dicom:CallingAeTitles is no key")]
    [InlineData("""{ "Dicom": { "Peers": "PACS" } }""", "Dicom:Peers is a list")]
    [InlineData("""{ "Dicom": { "Peers": [{ "AeTitle": "CT1", "Hosts": ["10.0.0.300/24"] }] } }""", "no address, network or name")]
    [InlineData("""{ "Dicom": { "Tls": { "Certifcate": "a.pem" } } }""", "Dicom:Tls:Certifcate is no key")]
    [InlineData("""{ "Dicom": { "Tls": { "Port": 11112, "Certificate": "a.pem" } } }""", "never share one")]
    [InlineData("""{ "Dicom": { "AeTitel": "X" } }""", "Dicom:AeTitel is no key")]
    [InlineData("""{ "Delivry": { "PollInterval": "00:00:01" } }""", "'Delivry' is no section")]
    [InlineData("""{ "Series": { "MinSlice": 5 } }""", "Series:MinSlice is no key")]
    [InlineData("""{ "Series": { "SharpKernels": ["BONE("] } }""", "'BONE(' is no regular expression")]
    [InlineData("""{ "Series": { "MinCoverageMm": 500 } }""", "MinCoverageMm 500 is above MaxCoverageMm 400")]
    [InlineData("""{ "Results": { "AllowDemonstrationModels": "ja" } }""", "a switch true or false")]
    [InlineData("""{ "Inference": { "Devise": "cpu" } }""", "Inference:Devise is no key")]
    [InlineData("""{ "Inference": { "Device": "gpu" } }""", "it can be cpu, cuda or auto")]
    [InlineData("""{ "Inference": { "WorkerTimeout": "00:00:00" } }""", "WorkerTimeout lies between")]
    [InlineData("""{ "Delivery": { "Destinations": [{ "Name": "P", "AeTitle": "A" }] } }""", "Host")]
    public async Task A_configuration_with_a_fault_stops_serve_before_anything_is_made(string json, string says)
    {
        File.WriteAllText(folder["agent.json"], json);
        var (exitCode, output) = await Programs.RunAsync("dotnet", [AgentProcess.Program, "serve", "--config", folder["agent.json"]], TestContext.Current.CancellationToken,
            new Dictionary<string, string> { ["HEMATOMA_DataFolder"] = folder["data"] });
        Assert.Equal(2, exitCode);
        Assert.Contains(says, output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["data"]));
    }

    [Fact]
    public async Task The_example_that_ships_is_a_valid_configuration()
    {
        var (_, output) = await Programs.RunAsync("dotnet", [AgentProcess.Program, "verify", "--config", Path.Combine(SharedFiles.Repository, "config", "appsettings.Example.json")],
            TestContext.Current.CancellationToken, new Dictionary<string, string> { ["HEMATOMA_DataFolder"] = folder["data"], ["HEMATOMA_Intake__SpoolFolder"] = folder["spool"] });
        Assert.Contains("ok      configuration", output, StringComparison.Ordinal);
    }

    public void Dispose() => folder.Dispose();
}
