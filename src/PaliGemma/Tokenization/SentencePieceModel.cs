using System.Text;
using Google.Protobuf;

namespace PaliGemma.Tokenization;

/// <summary>
/// Reads <c>tokenizer.model</c>, a protocol buffer (sentencepiece_model.proto, <c>ModelProto</c>), field by field: pieces with score and type, and the model's
/// type. <c>&lt;image&gt;</c>, which the file does not have, is the piece after the last.
/// </summary>
internal static class SentencePieceModel
{
    private const long LongestFile = 1 << 27;
    private const int MostPieces = 1 << 22;

    // Field numbers of ModelProto, SentencePiece and TrainerSpec, with their wire types' three bits.
    private const uint PiecesTag = (1 << 3) | 2;
    private const uint TrainerTag = (2 << 3) | 2;
    private const uint PieceTextTag = (1 << 3) | 2;
    private const uint PieceScoreTag = (2 << 3) | 5;
    private const uint PieceTypeTag = (3 << 3) | 0;
    private const uint ModelTypeTag = (3 << 3) | 0;
    private const uint ByteFallbackTag = (35 << 3) | 0;
    private const int BpeModel = 2;

    /// <exception cref="ModelFileException">The file is not a PaliGemma tokenizer.</exception>
    public static Vocabulary Read(string path)
    {
        byte[] bytes = ModelFile.ReadAll(path, LongestFile);
        try
        {
            return Parse(path, bytes);
        }
        catch (Exception error) when (error is InvalidProtocolBufferException or DecoderFallbackException)
        {
            throw new ModelFileException($"{path} is not a SentencePiece model: {error.Message}", error);
        }
    }

    private static Vocabulary Parse(string path, byte[] bytes)
    {
        List<string> pieces = [];
        List<float> scores = [];
        List<PieceKind> kinds = [];
        bool bpe = false;
        CodedInputStream input = new(bytes);
        while (input.ReadTag() is uint tag and not 0)
        {
            switch (tag)
            {
                case PiecesTag:
                    (string text, float score, PieceKind kind) = ReadPiece(path, input.ReadBytes(), pieces.Count);
                    pieces.Add(text);
                    scores.Add(score);
                    kinds.Add(kind);
                    break;
                case TrainerTag:
                    bpe = IsBpeWithByteFallback(input.ReadBytes());
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
            if (pieces.Count > MostPieces)
            {
                throw new ModelFileException($"{path} has more than {MostPieces} pieces.");
            }
        }
        if (!bpe)
        {
            throw new ModelFileException($"{path}: trainer_spec does not say BPE with byte_fallback; expected a PaliGemma tokenizer.");
        }
        pieces.Add(Vocabulary.Image);
        scores.Add(0);
        kinds.Add(PieceKind.Control);
        return new Vocabulary(path, [.. pieces], [.. kinds], Ranks(scores));
    }

    private static (string Text, float Score, PieceKind Kind) ReadPiece(string path, ByteString message, int id)
    {
        string text = "";
        float score = 0;
        int type = 1;
        CodedInputStream input = message.CreateCodedInput();
        while (input.ReadTag() is uint tag and not 0)
        {
            switch (tag)
            {
                case PieceTextTag:
                    text = input.ReadString();
                    break;
                case PieceScoreTag:
                    score = input.ReadFloat();
                    break;
                case PieceTypeTag:
                    type = input.ReadEnum();
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }
        PieceKind kind = type switch
        {
            1 => PieceKind.Normal,
            2 => PieceKind.Unknown,
            3 => PieceKind.Control,
            4 => PieceKind.UserDefined,
            6 => PieceKind.Byte,
            _ => throw new ModelFileException($"{path}: piece {id} has the type {type}; expected 1 to 4 or 6."),
        };
        return float.IsFinite(score)
            ? (text, score, kind)
            : throw new ModelFileException($"{path}: piece {id} has the score {score}; expected a finite number.");
    }

    private static bool IsBpeWithByteFallback(ByteString message)
    {
        bool bpe = false;
        bool byteFallback = false;
        CodedInputStream input = message.CreateCodedInput();
        while (input.ReadTag() is uint tag and not 0)
        {
            switch (tag)
            {
                case ModelTypeTag:
                    bpe = input.ReadEnum() == BpeModel;
                    break;
                case ByteFallbackTag:
                    byteFallback = input.ReadBool();
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }
        return bpe && byteFallback;
    }

    /// <summary>The place of every piece when they are ordered by falling score; equal scores share a place.</summary>
    private static int[] Ranks(List<float> scores)
    {
        int[] order = [.. Enumerable.Range(0, scores.Count).OrderByDescending(id => scores[id])];
        int[] ranks = new int[order.Length];
        for (int i = 1; i < order.Length; i++)
        {
            ranks[order[i]] = scores[order[i]] == scores[order[i - 1]] ? ranks[order[i - 1]] : i;
        }
        return ranks;
    }
}
