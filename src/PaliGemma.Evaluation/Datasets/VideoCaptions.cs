using System.Text.Json;
using PaliGemma.Configuration;
using PaliGemma.Tasks;

namespace PaliGemma.Evaluation.Datasets;

/// <summary>
/// Captions of videos, whose frames are pictures in a folder of the video's name: MSR-VTT (test_videodatainfo.json), VATEX
/// (eric-xw/Video-guided-Machine- Translation) and ActivityNet Captions, which has a caption for each part of a video.
/// </summary>
internal static class VideoCaptions
{
    /// <summary>MSR-VTT's test part.</summary>
    public static IEnumerable<Example> ReadMsrVtt(DatasetFolder folder, int frames)
    {
        string file = folder.Find("test_videodatainfo.json", "MSRVTT_data.json");
        ILookup<string, string> captions = RecordFile.List(
            file, "sentences", fields => (Video: fields.RequiredText("video_id"), Caption: fields.RequiredText("caption")))
            .ToLookup(one => one.Video, one => one.Caption);
        return RecordFile.List(file, "videos", fields =>
        {
            string video = fields.RequiredText("video_id");
            return fields.RequiredText("split") == "test" ? Create(folder.Frames(video, frames), video, [.. captions[video]]) : null;
        }).OfType<Example>();
    }

    /// <summary>VATEX' validation part, in English.</summary>
    public static IEnumerable<Example> ReadVatex(DatasetFolder folder, int frames) =>
        RecordFile.List(folder.Find("vatex_validation_v1.0.json", "vatex_public_test_english_v1.1.json"), "", fields =>
            Create(folder.Frames(fields.RequiredText("videoID"), frames), fields.RequiredText("videoID"), fields.Texts("enCap")));

    /// <summary>ActivityNet Captions' first validation part: the frames of a part are those between its times.</summary>
    public static IEnumerable<Example> ReadActivityNet(DatasetFolder folder, int frames) =>
        RecordFile.Members(folder.Find("val_1.json"), (video, fields) => ReadParts(folder, frames, video, fields).ToArray())
            .SelectMany(parts => parts);

    private static IEnumerable<Example> ReadParts(DatasetFolder folder, int frames, string video, JsonFields fields)
    {
        float duration = fields.Positive("duration", 1);
        string[] sentences = fields.Texts("sentences");
        if (!fields.TryGet("timestamps", out JsonElement times)
            || times.ValueKind != JsonValueKind.Array || times.GetArrayLength() != sentences.Length)
        {
            throw fields.Unexpected("timestamps", $"{sentences.Length} pairs of times");
        }
        for (int i = 0; i < sentences.Length; i++)
        {
            float[] part = fields.Numbers($"timestamps[{i}]", times[i]);
            if (part.Length != 2)
            {
                throw fields.Unexpected($"timestamps[{i}]", "two times");
            }
            yield return Create(folder.Frames(video, frames, part[0] / duration, part[1] / duration), $"{video}[{i}]", [sentences[i]]);
        }
    }

    private static Example Create(IReadOnlyList<string> frames, string id, IReadOnlyList<string> captions) => new()
    {
        Id = id,
        Images = frames,
        Prompt = new CaptionPrompt("en").Text,
        Answers = captions,
    };
}
