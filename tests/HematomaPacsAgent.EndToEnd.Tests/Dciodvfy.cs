using HematomaPacsAgent.TestKit;

namespace HematomaPacsAgent.EndToEnd.Tests;

/// <summary>David Clunie's validator of DICOM objects.</summary>
internal static class Dciodvfy
{
    public static async Task AssertNoErrorsAsync(string file)
    {
        var (_, output) = await Programs.RunAsync(Programs.Find("dciodvfy", "dicom3tools"), [file], TestContext.Current.CancellationToken);
        Assert.DoesNotContain(output.Split('\n'), line => line.StartsWith("Error", StringComparison.Ordinal));
    }
}
