using System.Diagnostics;
using Xunit;

namespace HematomaPacsAgent.TestKit;

/// <summary>Mutated input against the promise that every parser gives: a result or its own clear exception, soon, with little
/// memory.</summary>
public static class Fuzz
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);
    private const long SpareMemory = 64L << 20;

    /// <summary>How long the long study of one parser runs; <c>HEMATOMA_FUZZ_SECONDS</c> sets another time.</summary>
    public static TimeSpan LongStudy { get; } = TimeSpan.FromSeconds(
        int.TryParse(Environment.GetEnvironmentVariable("HEMATOMA_FUZZ_SECONDS"), out int seconds) ? seconds : 180);

    /// <summary>Feeds <paramref name="count"/> mutants; the same seed gives the same mutants.</summary>
    /// <param name="seeds">Well-formed inputs.</param>
    /// <param name="parse">Runs the parser on a mutant. May throw what <paramref name="isClear"/> allows.</param>
    /// <param name="isClear">The exceptions that are an answer.</param>
    public static void Run(IReadOnlyList<byte[]> seeds, Action<byte[]> parse, Func<Exception, bool> isClear, int count, int seed = 1)
    {
        Random random = new(seed);
        for (int i = 0; i < count; i++) Try(Mutate(seeds[random.Next(seeds.Count)], random), parse, isClear, $"mutant {i} of seed {seed}");
    }

    /// <summary>Feeds mutants for a while.</summary>
    public static void RunFor(TimeSpan time, IReadOnlyList<byte[]> seeds, Action<byte[]> parse, Func<Exception, bool> isClear)
    {
        long started = Stopwatch.GetTimestamp();
        int seed = Environment.TickCount;
        Random random = new(seed);
        for (int i = 0; Stopwatch.GetElapsedTime(started) < time; i++)
            Try(Mutate(seeds[random.Next(seeds.Count)], random), parse, isClear, $"mutant {i} of seed {seed}");
    }

    /// <summary>A copy with some of: bits flipped, bytes set to telling values, a piece cut out, doubled, moved or overwritten, the end cut
    /// off.</summary>
    public static byte[] Mutate(byte[] input, Random random)
    {
        List<byte> bytes = [.. input];
        for (int changes = 1 + random.Next(4); changes > 0 && bytes.Count > 0; changes--)
        {
            // Headers hold what breaks parsers: half of the changes go there.
            int at = random.Next(2) == 0 ? random.Next(bytes.Count) : random.Next(Math.Min(bytes.Count, 256));
            int length = Math.Min(bytes.Count - at, 1 + random.Next(16));
            switch (random.Next(7))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)(random.Next(4) switch { 0 => 0, 1 => 0xFF, 2 => 0x7F, _ => 0x80 }); break;
                case 2: bytes.RemoveRange(at, length); break;
                case 3: bytes.InsertRange(at, bytes.GetRange(at, length)); break;
                case 4: for (int i = 0; i < length; i++) bytes[at + i] = (byte)random.Next(256); break;
                case 5: for (int i = 0; i < Math.Min(4, length); i++) bytes[at + i] = 0xFF; break;
                case 6: bytes.RemoveRange(at, bytes.Count - at); break;
            }
        }

        return [.. bytes];
    }

    private static void Try(byte[] mutant, Action<byte[]> parse, Func<Exception, bool> isClear, string which)
    {
        long before = GC.GetAllocatedBytesForCurrentThread(), started = Stopwatch.GetTimestamp();
        try
        {
            parse(mutant);
        }
        catch (Exception e) when (isClear(e))
        {
            // An answer like any other.
        }
        catch (Exception e)
        {
            Assert.Fail($"{which} ({Keep(mutant)}): {e}");
        }

        TimeSpan took = Stopwatch.GetElapsedTime(started);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        if (took >= Longest) Assert.Fail($"{which} ({Keep(mutant)}) took {took.TotalSeconds:0.0} s");
        if (allocated >= 4L * mutant.Length + SpareMemory)
            Assert.Fail($"{which} ({Keep(mutant)}) of {mutant.Length} bytes took {allocated} bytes of memory");

        static string Keep(byte[] mutant)
        {
            string path = Path.Combine(Path.GetTempPath(),
                $"mutant-{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(mutant))[..16]}");
            File.WriteAllBytes(path, mutant);
            return path;
        }
    }
}
