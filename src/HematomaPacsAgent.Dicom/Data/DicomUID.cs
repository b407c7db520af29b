using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace HematomaPacsAgent.Dicom;

/// <summary>A unique identifier.</summary>
/// <remarks>PS3.5 §9; names from PS3.6 annex A.</remarks>
public readonly partial record struct DicomUID(string Value)
{
    private const int Longest = 64;

    /// <summary>Digits in components without leading zeros, at most 64 characters (PS3.5 §9.1).</summary>
    public bool IsValid =>
        Value is { Length: > 0 and <= Longest } && Value.Split('.').All(part => part.Length > 0 && (part.Length == 1 || part[0] != '0')
            && part.All(char.IsAsciiDigit));

    /// <summary>Its name in PS3.6, or the UID itself.</summary>
    public string Name => Names.GetValueOrDefault(Value ?? "", Value ?? "");

    public override string ToString() => Value;

    /// <summary>A UID below 2.25 that is the same for the same parts, always and everywhere.</summary>
    /// <param name="parts">What identifies the object; order and boundaries count.</param>
    /// <remarks>PS3.5 §B.2 (UUID-derived UID); the UUID is of version 8, RFC 9562 §5.8, its bits from SHA-256.</remarks>
    public static DicomUID Derive(params ReadOnlySpan<string> parts)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] length = new byte[4];
        foreach (string part in parts)
        {
            byte[] text = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32BigEndian(length, text.Length);
            hash.AppendData(length);
            hash.AppendData(text);
        }

        return FromUuid(hash.GetHashAndReset().AsSpan(0, 16), version: 8);
    }

    /// <summary>A UID that nothing else has.</summary>
    public static DicomUID Generate() => FromUuid(RandomNumberGenerator.GetBytes(16), version: 4);

    private static DicomUID FromUuid(Span<byte> uuid, int version)
    {
        uuid[6] = (byte)((uuid[6] & 0x0F) | version << 4);
        uuid[8] = (byte)((uuid[8] & 0x3F) | 0x80);
        return new DicomUID("2.25." + new BigInteger(uuid, isUnsigned: true, isBigEndian: true).ToString(CultureInfo.InvariantCulture));
    }
}
