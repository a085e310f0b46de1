using System.Runtime.InteropServices;
using Microsoft.Extensions.AI;
using PaliGemma.Imaging;

namespace PaliGemma.Extensions.AI;

/// <summary>What a chat asks: a prompt, and pictures in the order it speaks of them.</summary>
internal sealed record UserPrompt(string Text, IReadOnlyList<DataContent> Pictures)
{
    /// <exception cref="NotSupportedException">There is another number of messages than one of the user's, or it has other parts.</exception>
    public static UserPrompt Of(IEnumerable<ChatMessage> messages)
    {
        if (messages.ToArray() is not [ChatMessage message] || message.Role != ChatRole.User)
        {
            throw new NotSupportedException(
                "PaliGemma answers one prompt about its pictures: send one message of the role user, without instructions or earlier messages.");
        }
        List<string> texts = [];
        List<DataContent> pictures = [];
        foreach (AIContent content in message.Contents)
        {
            switch (content)
            {
                case TextContent text:
                    texts.Add(text.Text);
                    break;
                case DataContent data when data.HasTopLevelMediaType("image"):
                    pictures.Add(data);
                    break;
                case UriContent:
                    throw new NotSupportedException("PaliGemma fetches no pictures: send their bytes as DataContent.");
                default:
                    throw new NotSupportedException($"PaliGemma reads text and pictures, not {content.GetType().Name}.");
            }
        }
        return new UserPrompt(string.Join('\n', texts), pictures);
    }

    /// <exception cref="ModelFileException">A picture is damaged, too large or none.</exception>
    public RgbImage[] DecodePictures() => [.. Pictures.Select(picture => ImageFile.Decode(BytesOf(picture.Data), picture.Name ?? "The picture"))];

    private static byte[] BytesOf(ReadOnlyMemory<byte> data) =>
        MemoryMarshal.TryGetArray(data, out ArraySegment<byte> part) && part.Array is byte[] all && part.Offset == 0 && part.Count == all.Length
            ? all
            : data.ToArray();
}
