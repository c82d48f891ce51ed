// Reads a scheduler's log with other people's code: Go's checksum database packages for notes, trees
// and tiles (golang.org/x/mod/sumdb), and CIRCL for ML-DSA-44. Nothing of NymCompute is used.
//
//	go run . vectors ../../../spec/vectors/heads
//	go run . log http://127.0.0.1:8702
package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/cloudflare/circl/sign/mldsa/mldsa44"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "refused:", err)
		os.Exit(1)
	}
}

// cosigner verifies C2SP tlog-cosignature lines of type 0x06 for one origin.
type cosigner struct {
	name string
	key  mldsa44.PublicKey
	hash uint32
}

func newCosigner(name string, packed []byte) *cosigner {
	c := &cosigner{name: name}
	check(c.key.UnmarshalBinary(packed))
	sum := sha256.Sum256(append(append([]byte(name+"\n"), 6), packed...))
	c.hash = binary.BigEndian.Uint32(sum[:4])
	return c
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }

func (c *cosigner) Verify(text, line []byte) bool {
	tree, err := tlog.ParseTree(withoutOrigin(text))
	if err != nil || len(line) != 8+mldsa44.SignatureSize {
		return false
	}
	origin := strings.SplitN(string(text), "\n", 2)[0]
	signed := []byte("subtree/v1\n\x00")
	signed = append(append(signed, byte(len(c.name))), c.name...)
	signed = append(signed, line[:8]...)
	signed = append(append(signed, byte(len(origin))), origin...)
	signed = binary.BigEndian.AppendUint64(signed, 0)
	signed = binary.BigEndian.AppendUint64(signed, uint64(tree.N))
	signed = append(signed, tree.Hash[:]...)
	return mldsa44.Verify(&c.key, signed, nil, line[8:])
}

// withoutOrigin gives the text the first line that Go's own logs have, which ParseTree wants.
func withoutOrigin(text []byte) []byte {
	_, rest, _ := strings.Cut(string(text), "\n")
	return []byte("go.sum database tree\n" + rest)
}

func openHead(head string, by note.Verifier) tlog.Tree {
	opened := must(note.Open([]byte(head), note.VerifierList(by)))
	return must(tlog.ParseTree(withoutOrigin([]byte(opened.Text))))
}

// field skips MessagePack's header of a byte string or a string and answers its bytes and the rest.
func field(data []byte) (value, rest []byte) {
	length, header := 0, 0
	switch kind := data[0]; {
	case kind == 0xc4 || kind == 0xd9:
		length, header = int(data[1]), 2
	case kind == 0xc5 || kind == 0xda:
		length, header = int(binary.BigEndian.Uint16(data[1:])), 3
	case kind&0xe0 == 0xa0:
		length, header = int(kind&0x1f), 1
	default:
		check(fmt.Errorf("unexpected byte %#x in a head-key record", kind))
	}
	return data[header : header+length], data[header+length:]
}

// keyOf reads origin and head key of a head-key record: [21, 1, scheduler, 1, key, origin, head key, …].
func keyOf(record []byte) *cosigner {
	_, rest := field(record[3:])
	_, rest = field(rest[1:])
	origin, rest := field(rest)
	key, _ := field(rest)
	return newCosigner(string(origin), key)
}

type proof struct {
	Index, Size int64
	Hashes      []string
}

func hashesOf(texts []string) []tlog.Hash {
	hashes := make([]tlog.Hash, len(texts))
	for i, text := range texts {
		copy(hashes[i][:], must(hex.DecodeString(text)))
	}
	return hashes
}

func readJSON(path string, value any) {
	check(json.Unmarshal(must(os.ReadFile(path)), value))
}

func checkVectors(folder string) {
	var heads struct {
		HeadKey string
		Heads   []string
	}
	var tree struct{ Inclusion, Consistency []proof }
	readJSON(filepath.Join(folder, "heads_v1.json"), &heads)
	readJSON(filepath.Join(folder, "tree_v1.json"), &tree)
	record := must(hex.DecodeString(heads.HeadKey))
	key := keyOf(record)
	trees := map[int64]tlog.Tree{}
	var last tlog.Tree
	for _, head := range heads.Heads {
		last = openHead(head, key)
		trees[last.N] = last
	}
	for _, p := range tree.Inclusion {
		leaf := record
		if p.Index > 0 {
			leaf = binary.BigEndian.AppendUint32(nil, uint32(p.Index))
		}
		check(tlog.CheckRecord(hashesOf(p.Hashes), last.N, last.Hash, p.Index, tlog.RecordHash(leaf)))
	}
	for _, p := range tree.Consistency {
		earlier := trees[p.Size]
		check(tlog.CheckTree(hashesOf(p.Hashes), last.N, last.Hash, earlier.N, earlier.Hash))
	}
	fmt.Printf("%d heads, %d inclusion and %d consistency proofs hold\n",
		len(trees), len(tree.Inclusion), len(tree.Consistency))
}

// tiles reads tiles over HTTP, in the paths of C2SP tlog-tiles.
type tiles struct{ prefix string }

func (t tiles) Height() int                     { return 8 }
func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}
func (t tiles) path(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
}
func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(wanted))
	for i, tile := range wanted {
		data[i] = get(t.prefix + "/" + t.path(tile))
	}
	return data, nil
}

func get(url string) []byte {
	answer := must(http.Get(url))
	defer answer.Body.Close()
	body := must(io.ReadAll(answer.Body))
	if answer.StatusCode != 200 {
		check(fmt.Errorf("%s: %s %s", url, answer.Status, body))
	}
	return body
}

func checkLog(prefix string) {
	var stated struct{ Origin, HeadKey string }
	check(json.Unmarshal(get(prefix+"/head-key"), &stated))
	key := newCosigner(stated.Origin, must(base64.RawURLEncoding.DecodeString(stated.HeadKey)))
	tree := openHead(string(get(prefix+"/checkpoint")), key)
	reader := tlog.TileHashReader(tree, tiles{prefix})
	root := must(tlog.TreeHash(tree.N, reader))
	if root != tree.Hash {
		check(fmt.Errorf("tiles lead to another root"))
	}
	entries := int64(0)
	for tile := int64(0); tile*256 < tree.N; tile++ {
		width := min(tree.N-tile*256, 256)
		path := strings.Replace(tiles{}.path(tlog.Tile{H: 8, L: 0, N: tile, W: int(width)}), "tile/0/", "tile/entries/", 1)
		for bundle := get(prefix + "/" + path); len(bundle) > 0; entries++ {
			length := binary.BigEndian.Uint16(bundle)
			leaf := bundle[2 : 2+length]
			path := must(tlog.ProveRecord(tree.N, entries, reader))
			check(tlog.CheckRecord(path, tree.N, tree.Hash, entries, tlog.RecordHash(leaf)))
			bundle = bundle[2+length:]
		}
	}
	if entries != tree.N {
		check(fmt.Errorf("%d entries under a head of %d", entries, tree.N))
	}
	fmt.Printf("%s: the head, its tiles and all %d entries hold\n", stated.Origin, entries)
}

func main() {
	if len(os.Args) != 3 {
		check(fmt.Errorf("expected: vectors FOLDER, or log URL"))
	}
	switch os.Args[1] {
	case "vectors":
		checkVectors(os.Args[2])
	case "log":
		checkLog(os.Args[2])
	default:
		check(fmt.Errorf("unknown: %s", os.Args[1]))
	}
}
