using System.Security.Cryptography;
using PaliGemma.Checkpoints;

namespace PaliGemma.Evaluation;

/// <summary>Tells weights from others that lie in the same place, without reading all of them.</summary>
public static class WeightFingerprint
{
    private const int Pieces = 64, PieceBytes = 1 << 12, Digits = 16;

    /// <summary>Of the lengths of a checkpoint's files and of pieces of each, from its beginning to its end at even distances.</summary>
    /// <param name="model">A model folder, or a file of weights.</param>
    /// <returns>Sixteen hexadecimal digits.</returns>
    /// <exception cref="ModelFileException">There is no checkpoint, or it is damaged.</exception>
    public static string Of(string model)
    {
        using Checkpoint checkpoint = Checkpoint.Open(model);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] piece = new byte[PieceBytes];
        foreach (CheckpointFile file in checkpoint.Files.OrderBy(file => file.Path, StringComparer.Ordinal))
        {
            using FileStream stream = new(file.Path, FileMode.Open, FileAccess.Read, FileShare.Read);
            hash.AppendData(BitConverter.GetBytes(stream.Length));
            for (int i = 0; i < Pieces; i++)
            {
                stream.Position = (long)((Int128)Math.Max(0, stream.Length - PieceBytes) * i / (Pieces - 1));
                hash.AppendData(piece.AsSpan(0, stream.ReadAtLeast(piece, PieceBytes, throwOnEndOfStream: false)));
            }
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..Digits];
    }
}
