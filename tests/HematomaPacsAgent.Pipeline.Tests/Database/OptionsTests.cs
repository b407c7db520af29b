using HematomaPacsAgent.Pipeline.Delivery;
using HematomaPacsAgent.Pipeline.Intake;
using HematomaPacsAgent.Pipeline.Jobs;

namespace HematomaPacsAgent.Pipeline.Tests.Database;

public sealed class OptionsTests
{
    [Fact]
    public void The_defaults_are_valid()
    {
        Assert.True(new JobOptionsValidator().Validate(null, new JobOptions()).Succeeded);
        Assert.True(new IntakeOptionsValidator().Validate(null, new IntakeOptions()).Succeeded);
        DeliveryOptions delivery = new();
        delivery.Destinations.Add(new() { Name = "PACS", AeTitle = "ARCHIVE", Host = "pacs.local" });
        Assert.True(new DeliveryOptionsValidator().Validate(null, delivery).Succeeded);
    }

    [Fact]
    public void Every_error_is_told_in_one_go()
    {
        DeliveryOptions delivery = new() { MaxPermanentAttempts = 0 };
        delivery.Destinations.Add(new() { Name = "PACS", AeTitle = "AE TITLE THAT IS TOO LONG", Host = "pacs.local" });
        delivery.Destinations.Add(new() { Name = "PACS", AeTitle = "ARCHIVE", Host = "", Port = 0 });
        string[] failures = [.. new DeliveryOptionsValidator().Validate(null, delivery).Failures!];
        foreach (string part in (string[])["MaxPermanentAttempts", "PS3.5 VR AE", "Host", "Port", "2 destinations are named 'PACS'"])
            Assert.Contains(failures, failure => failure.Contains(part, StringComparison.Ordinal));
        Assert.True(new JobOptionsValidator()
            .Validate(null, new JobOptions { Lease = TimeSpan.Zero, RetryFirst = TimeSpan.FromHours(1) }).Failures!.Count() >= 2);
        Assert.True(new IntakeOptionsValidator().Validate(null, new IntakeOptions { SpoolFolder = "", MinimumFreeBytes = -1 }).Failed);
    }
}
